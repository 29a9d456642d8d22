/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text files of a guest, line by line and word by word. Nothing is allocated but copies. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_LINES_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/cleanup.h"
#include "common/error.h"

/* A part of a line, not terminated, within the file. */
struct text_line {
	const char *text;
	size_t size;
	unsigned int number; /* from 1 */
};

/* ERROR_DAMAGED when the file has more than 'max' bytes, or a NUL, which no text file has and files
 * are full of that a crash cut off. */
int text_file_check(const struct file_bytes *file, size_t max, struct error *err);

/*
 * The next line without its end and a CR before that. *at and ret->number count on; both begin with
 * 0. False at the end of the file.
 */
bool text_next_line(const struct file_bytes *file, size_t *at, struct text_line *ret);

/* Take off blanks (space, tab) before and behind. */
void text_trim(struct text_line *line);

/* Cut the next run of what is no blank from the front of 'line'. False when there is none. */
bool text_next_word(struct text_line *line, struct text_line *ret);

bool text_is(const struct text_line *text, const char *expected);
bool text_starts_with(const struct text_line *text, const char *start);

/* Cut 'text' at the first 'separator': what is before stays in it, what is behind goes to *ret.
 * False, and all as it was, when there is none. */
bool text_split(struct text_line *text, char separator, struct text_line *ret);

/* One pair of quotes, of either kind, around all of it is taken off. */
void text_unquote(struct text_line *text);

/* A new string, to be freed; NULL when out of memory. */
char *text_copy(const struct text_line *text);

/* "KEY=value" as shells and os-release(5) have it, when 'line' is that; *ret is the rest behind the
 * '=', and 'line' the key. */
bool text_assignment(struct text_line *line, struct text_line *ret);

/*
 * The value behind a '=' as sh reads it, without expanding variables: up to the first blank outside
 * of quotes, quotes and backslashes taken off. Written to ret[0, size) with a NUL. Returns the
 * length that it has, of which size - 1 are there; SIZE_MAX when a quote does not end on its line.
 */
size_t text_shell_value(const struct text_line *value, char *ret, size_t size);

/*
 * Room for one more item of 'size' bytes in an array of 'count', which grows by doubling and must
 * have grown by this alone. The array, or NULL, and the old one stays, when out of memory.
 */
void *list_grow(void *items, size_t count, size_t size) MUST_CHECK;

#endif
