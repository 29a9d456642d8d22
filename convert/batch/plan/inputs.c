/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs of a batch: see inputs.h. */
#include "convert/batch/plan/inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "common/json/text_json.h"
#include "common/safe_text.h"
#include "convert/batch/state/state.h"

void input_list_done(struct input_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].path);
		free(list->items[i].name);
		json_decref(list->items[i].options);
		json_decref(list->items[i].vm);
		json_decref(list->items[i].sources);
		json_decref(list->items[i].outputs);
	}
	free(list->items);
	*list = (struct input_list){.items = NULL};
}

struct input *input_list_add(struct input_list *list, char *path, char *name, json_t *options)
{
	struct input *items = reallocarray(list->items, list->count + 1, sizeof(list->items[0]));

	if (!items) {
		free(path);
		free(name);
		json_decref(options);
		return NULL;
	}
	list->items = items;
	items[list->count] = (struct input){.path = path, .name = name, .options = options};
	return &items[list->count++];
}

bool input_list_has(const struct input_list *list, const char *name, const char *path)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0 &&
		    strcmp(list->items[i].path, path) == 0)
			return true;
	return false;
}

static int set_path(struct input *input, const char *text, const char *where, struct error *err)
{
	if (!*text)
		return error_usage(err, "%s: the path is empty", where);
	free(input->path);
	input->path = batch_absolute(text, err);
	return input->path ? 0 : -err->code;
}

static int set_name(struct input *input, const char *text, const char *where, struct error *err)
{
	if (!*text)
		return 0;
	if (!batch_is_name(text))
		return error_usage(
			err,
			"%s: '%s' is no name for a VM: at most 200 bytes, without a slash, and "
			"no dot in front",
			where, text);
	free(input->name);
	input->name = strdup(text);
	return input->name ? 0 : error_failed(err, ENOMEM, "out of memory");
}

/* "yes" and its kin, 1; "no" and nothing, 0; else -1. */
static int flag_value(const char *text)
{
	static const char *const yes[] = {"yes", "true", "1", "x"}, *const no[] = {"", "no",
										   "false", "0"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (strcasecmp(text, yes[i]) == 0)
			return 1;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (strcasecmp(text, no[i]) == 0)
			return 0;
	return -1;
}

static int set_flag(struct input *input, const char *column, const char *text, const char *where,
		    struct error *err)
{
	int value = flag_value(text);

	if (value < 0)
		return error_usage(err, "%s: '%s' is neither yes nor no", where, text);
	if (value)
		json_object_set_new(input->options, column, json_true());
	return 0;
}

/* The paths of an option hold from any working directory; "none" and "auto" are what some take in the place of one. */
static json_t *value_json(const char *text, enum column_kind kind, struct error *err)
{
	CLEANUP_FREE char *path = NULL;

	if (kind != COLUMN_PATH || strcmp(text, "none") == 0 || strcmp(text, "auto") == 0)
		return text_json(text);
	path = batch_absolute(text, err);
	if (path && !safe_is_utf8(path))
		error_usage(err, "'%s': the path of an option has to be UTF-8", path);
	return path && safe_is_utf8(path) ? text_json(path) : NULL;
}

static int set_option(struct input *input, const char *column, const char *text, const char *where,
		      const struct conversion_options *known, struct error *err)
{
	json_t *before = json_object_get(input->options, column), *value;
	int r = known->check(column, text, err);

	if (r < 0)
		return error_prefix(err, "%s", where);
	value = value_json(text, known->kind(column), err);
	if (!value)
		return error_prefix(err, "%s", where);
	if (!before)
		return json_object_set_new(input->options, column, value);
	if (!json_is_array(before)) {
		before = json_pack("[O]", before);
		json_object_set_new(input->options, column, before);
	}
	return json_array_append_new(before, value);
}

static int set_text(struct input *input, const char *column, const char *text, const char *where,
		    const struct conversion_options *known, struct error *err)
{
	if (strcmp(column, "path") == 0)
		return set_path(input, text, where, err);
	if (strcmp(column, "name") == 0)
		return set_name(input, text, where, err);
	if (known->kind(column) == COLUMN_FLAG)
		return set_flag(input, column, text, where, err);
	return *text ? set_option(input, column, text, where, known, err) : 0;
}

int input_set(struct input *input, const char *column, const json_t *value, const char *where,
	      const struct conversion_options *known, struct error *err)
{
	char number[32];
	int r = 0;

	if (json_is_string(value))
		return set_text(input, column, json_string_value(value), where, known, err);
	if (json_is_boolean(value) && known->kind(column) == COLUMN_FLAG)
		return set_flag(input, column, json_is_true(value) ? "yes" : "no", where, err);
	if (json_is_null(value))
		return 0;
	if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		return set_text(input, column, number, where, known, err);
	}
	if (!json_is_array(value))
		return error_usage(err, "%s: neither a text nor a number", where);
	for (size_t i = 0; r == 0 && i < json_array_size(value); i++)
		r = json_is_array(json_array_get(value, i))
			    ? error_usage(err, "%s: a list in a list", where)
			    : input_set(input, column, json_array_get(value, i), where, known, err);
	return r;
}
