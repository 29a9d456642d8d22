/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of inputs: CSV (RFC 4180) with a header, or one JSON object a line. See inputs.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "common/json/text_json.h"
#include "convert/batch/plan/inputs.h"
#include "convert/batch/state/record.h"

#define MAX_COLUMNS 128

/* Where we are in a list. */
struct list {
	const char *path;
	const struct conversion_options *known;
	struct input_list *inputs;
	const char *at;
	unsigned int line; /* of 'at' */
	char *columns[MAX_COLUMNS];
	size_t column_count;
};

static void list_done(struct list *list)
{
	for (size_t i = 0; i < list->column_count; i++)
		free(list->columns[i]);
}

static int check_column(const struct list *list, const char *name, unsigned int line, size_t number,
			struct error *err)
{
	enum column_kind kind = list->known->kind(name);
	char where[64];

	if (strcmp(name, "path") == 0 || strcmp(name, "name") == 0)
		return 0;
	if (number)
		snprintf(where, sizeof(where), "line %u, column %zu", line, number);
	else
		snprintf(where, sizeof(where), "line %u", line);
	if (kind == COLUMN_UNKNOWN)
		return error_usage(
			err,
			"'%s' %s: column '%s' is unknown: columns are 'path', 'name' and the "
			"long options of 'hvgen2 convert'",
			list->path, where, name);
	if (kind == COLUMN_RESERVED)
		return error_usage(err, "'%s' %s: column '%s': a batch decides this itself",
				   list->path, where, name);
	return 0;
}

static int set_cell(struct list *list, struct input *input, const char *column, const json_t *value,
		    unsigned int line, struct error *err)
{
	CLEANUP_FREE char *where = NULL;

	if (asprintf(&where, "'%s' line %u, column '%s'", list->path, line, column) < 0) {
		where = NULL;
		return error_failed(err, ENOMEM, "out of memory");
	}
	return input_set(input, column, value, where, list->known, err);
}

static struct input *new_row(struct list *list, struct error *err)
{
	struct input *input = input_list_add(list->inputs, NULL, NULL, json_object());

	if (!input)
		error_failed(err, ENOMEM, "out of memory");
	return input;
}

static int check_row(const struct list *list, const struct input *input, unsigned int line,
		     struct error *err)
{
	return input->path ? 0
			   : error_usage(err, "'%s' line %u: there is no 'path'", list->path, line);
}

/* One object a line. */
static int read_object(struct list *list, const char *text, size_t length, struct error *err)
{
	json_error_t problem;
	CLEANUP_JSON json_t *row = json_loadb(text, length, JSON_REJECT_DUPLICATES, &problem);
	struct input *input;
	const char *key;
	json_t *value;
	int r = 0;

	if (!json_is_object(row))
		return error_usage(err, "'%s' line %u, column %d: no JSON object: %s", list->path,
				   list->line, row ? 1 : problem.column,
				   row ? "something else" : problem.text);
	input = new_row(list, err);
	if (!input)
		return -ENOMEM;
	json_object_foreach(row, key, value)
	{
		if (r == 0)
			r = check_column(list, key, list->line, 0, err);
		if (r == 0)
			r = set_cell(list, input, key, value, list->line, err);
	}
	return r < 0 ? r : check_row(list, input, list->line, err);
}

static int read_objects(struct list *list, struct error *err)
{
	int r = 0;

	for (; r == 0 && *list->at; list->line++) {
		size_t length = strcspn(list->at, "\n");

		if (strspn(list->at, " \t\r") < length)
			r = read_object(list, list->at, length, err);
		list->at += length + (list->at[length] == '\n');
	}
	return r;
}

/* What stands in quotes: two of them are one, and ends of lines belong to it. */
static int read_quoted(struct list *list, struct buffer *cell, struct error *err)
{
	unsigned int start = list->line;

	for (list->at++; *list->at; list->at++) {
		if (list->at[0] == '"' && list->at[1] == '"')
			list->at++;
		else if (list->at[0] == '"')
			break;
		list->line += *list->at == '\n';
		buffer_append(cell, list->at, 1);
	}
	if (!*list->at)
		return error_usage(err, "'%s' line %u: a quotation mark is not closed", list->path,
				   start);
	list->at++;
	if (*list->at && !strchr(",\r\n", *list->at))
		return error_usage(err, "'%s' line %u: something stands behind a quotation mark",
				   list->path, list->line);
	return 0;
}

/* The next cell of a line; *ret_is_last: the line ends behind it. */
static int read_cell(struct list *list, char **ret, bool *ret_is_last, struct error *err)
{
	CLEANUP_BUFFER struct buffer cell = BUFFER_INIT;
	size_t length;
	int r = 0;

	if (*list->at == '"') {
		r = read_quoted(list, &cell, err);
	} else {
		length = strcspn(list->at, ",\r\n");
		buffer_append(&cell, list->at, length);
		list->at += length;
	}
	if (r < 0)
		return r;
	*ret_is_last = *list->at != ',';
	if (*list->at == ',')
		list->at++;
	if (*ret_is_last && *list->at == '\r')
		list->at++;
	if (*ret_is_last && *list->at == '\n') {
		list->at++;
		list->line++;
	}
	*ret = buffer_take_text(&cell);
	return *ret ? 0 : error_failed(err, ENOMEM, "out of memory");
}

static int read_header(struct list *list, struct error *err)
{
	unsigned int line = list->line;
	bool is_last = false;
	int r = 0;

	while (r == 0 && !is_last) {
		size_t number = list->column_count;

		if (number == MAX_COLUMNS)
			return error_usage(err, "'%s' line %u: more than %d columns", list->path,
					   line, MAX_COLUMNS);
		r = read_cell(list, &list->columns[number], &is_last, err);
		if (r < 0)
			return r;
		list->column_count++;
		r = check_column(list, list->columns[number], line, number + 1, err);
		for (size_t i = 0; r == 0 && i < number; i++)
			if (strcmp(list->columns[i], list->columns[number]) == 0)
				r = error_usage(err,
						"'%s' line %u, column %zu: column '%s' is there "
						"already, as column %zu",
						list->path, line, number + 1, list->columns[i],
						i + 1);
	}
	for (size_t i = 0; r == 0 && i < list->column_count; i++)
		if (strcmp(list->columns[i], "path") == 0)
			return 0;
	return r < 0 ? r
		     : error_usage(err, "'%s' line %u: there is no column 'path'", list->path,
				   line);
}

static int read_row(struct list *list, struct error *err)
{
	struct input *input = new_row(list, err);
	unsigned int line = list->line;
	bool is_last = false;
	int r = input ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && !is_last; i++) {
		CLEANUP_FREE char *cell = NULL;
		CLEANUP_JSON json_t *value = NULL;

		r = read_cell(list, &cell, &is_last, err);
		if (r == 0 && i >= list->column_count)
			r = error_usage(err, "'%s' line %u has more than the %zu columns of line 1",
					list->path, line, list->column_count);
		if (r == 0 && !(value = json_string(cell)))
			r = error_usage(err, "'%s' line %u, column '%s' is no UTF-8", list->path,
					line, list->columns[i]);
		if (r == 0)
			r = set_cell(list, input, list->columns[i], value, line, err);
	}
	return r < 0 ? r : check_row(list, input, line, err);
}

static int read_table(struct list *list, struct error *err)
{
	int r = read_header(list, err);

	while (r == 0 && *list->at) {
		size_t blank = strspn(list->at, "\r");

		if (list->at[blank] == '\n') { /* a line with nothing in it */
			list->at += blank + 1;
			list->line++;
			continue;
		}
		r = read_row(list, err);
	}
	return r;
}

static int read_file(const char *path, struct buffer *text, struct error *err)
{
	bool is_input = strcmp(path, "-") == 0;
	CLEANUP_FD int fd = is_input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0 || (n < 0 && fd >= 0 && errno == EINTR)) {
		uint8_t *room = buffer_extend(text, 64 * KIB);

		if (!room)
			return error_failed(err, ENOMEM, "'%s' is too large for a list", path);
		n = read(fd, room, 64 * KIB);
		text->size -= 64 * KIB - (size_t)(n > 0 ? n : 0);
	}
	return n < 0 ? error_errno(err, "'%s'", path) : 0;
}

int inputs_add_list(struct input_list *inputs, const char *path,
		    const struct conversion_options *known, struct error *err)
{
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
	CLEANUP_FREE char *text = NULL;
	CLEANUP(list_done)
	struct list list = {.path = path, .known = known, .inputs = inputs, .line = 1};
	int r = read_file(path, &bytes, err);
	size_t size = bytes.size;

	if (r < 0)
		return r;
	text = buffer_take_text(&bytes);
	if (!text)
		return error_failed(err, ENOMEM, "out of memory");
	if (strlen(text) < size)
		return error_usage(err, "'%s' is no text", path);
	list.at = text;
	if (strncmp(list.at, "\xef\xbb\xbf", 3) ==
	    0) /* the mark that Windows puts in front of UTF-8 */
		list.at += 3;
	return list.at[strspn(list.at, " \t\r\n")] == '{' ? read_objects(&list, err)
							  : read_table(&list, err);
}
