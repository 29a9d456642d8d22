/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /etc/fstab: see fstab.h. */
#include "convert/guest/linux/parse/fstab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/lines.h"

#define MAX_BYTES   (1 * MIB)
#define MAX_ENTRIES 4096

static void entry_done(struct fstab_entry *entry)
{
	free(entry->source);
	free(entry->target);
	free(entry->type);
	free(entry->options);
}

void fstab_done(struct fstab *fstab)
{
	for (size_t i = 0; i < fstab->count; i++)
		entry_done(&fstab->list[i]);
	free(fstab->list);
	*fstab = (struct fstab)FSTAB_INIT;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* "\ooo" within one byte; all other backslashes stay, as in libmount. */
static bool is_escape(const char *at)
{
	return at[0] == '\\' && at[1] >= '0' && at[1] <= '3' && is_octal(at[2]) && is_octal(at[3]);
}

static void undo_escapes(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (is_escape(from)) {
			int value = (from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0');

			*to = (char)value;
			from += 3;
		} else {
			*to = *from;
		}
		to++;
	}
	*to = '\0';
}

/* UUID="x" is UUID=x; within a path a quote is a quote. */
static void undo_quotes(char *source)
{
	char *equals = strchr(source, '=');
	size_t length;

	if (source[0] == '/' || !equals || (equals[1] != '"' && equals[1] != '\''))
		return;
	length = strlen(equals + 2);
	if (length == 0 || equals[1 + length] != equals[1])
		return;
	memmove(equals + 1, equals + 2, length - 1);
	equals[length] = '\0';
}

static char *word_or(struct text_line *line, const char *missing)
{
	struct text_line word;
	char *text;

	if (!text_next_word(line, &word))
		return strdup(missing);
	text = text_copy(&word);
	if (text)
		undo_escapes(text);
	if (text && !*text) { /* "\000" and what is behind it */
		free(text);
		text = strdup(missing);
	}
	return text;
}

static bool parse_line(struct text_line line, struct fstab_entry *ret)
{
	ret->line = line.number;
	ret->source = word_or(&line, "");
	ret->target = word_or(&line, "");
	ret->type = word_or(&line, "auto");
	ret->options = word_or(&line, "defaults");
	if (!ret->source || !ret->target || !ret->type || !ret->options)
		return false;
	undo_quotes(ret->source);
	return true;
}

static int add_line(const struct file_bytes *file, struct text_line line, struct fstab *fstab,
		    struct error *err)
{
	struct fstab_entry entry = {.source = NULL}, *list;
	bool is_ok = parse_line(line, &entry);

	if (is_ok && !entry.target[0]) {
		entry_done(&entry);
		return 0;
	}
	list = is_ok ? list_grow(fstab->list, fstab->count, sizeof(*list)) : NULL;
	if (!list) {
		entry_done(&entry);
		return error_failed(err, ENOMEM, "'%s': out of memory", file->name);
	}
	fstab->list = list;
	list[fstab->count++] = entry;
	return 0;
}

static int parse_lines(const struct file_bytes *file, struct fstab *fstab, struct error *err)
{
	struct text_line line = {.number = 0}, rest;
	size_t at = 0;
	int r = 0;

	while (r == 0 && text_next_line(file, &at, &line)) {
		rest = line;
		text_trim(&rest);
		if (rest.size == 0 || rest.text[0] == '#')
			continue;
		if (fstab->count == MAX_ENTRIES)
			return error_damaged(err, "'%s': line %u: more than %d entries", file->name,
					     line.number, MAX_ENTRIES);
		r = add_line(file, rest, fstab, err);
	}
	return r;
}

int fstab_parse(const struct file_bytes *file, struct fstab *ret, struct error *err)
{
	int r = text_file_check(file, MAX_BYTES, err);

	*ret = (struct fstab)FSTAB_INIT;
	if (r == 0)
		r = parse_lines(file, ret, err);
	if (r < 0)
		fstab_done(ret);
	return r;
}

static size_t length_of_path(const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return length;
}

const struct fstab_entry *fstab_find(const struct fstab *fstab, const char *target)
{
	size_t length = length_of_path(target);

	for (size_t i = 0; i < fstab->count; i++) {
		const char *path = fstab->list[i].target;

		if (length_of_path(path) == length && memcmp(path, target, length) == 0)
			return &fstab->list[i];
	}
	return NULL;
}

bool fstab_has_option(const struct fstab_entry *entry, const char *option)
{
	struct text_line rest = {entry->options, strlen(entry->options), 0}, word, value;
	bool has_more = true;

	while (has_more) {
		word = rest;
		has_more = text_split(&word, ',', &rest);
		text_split(&word, '=', &value);
		if (text_is(&word, option))
			return true;
	}
	return false;
}
