/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines and words of a guest's text files: see lines.h. */
#include "convert/guest/linux/parse/lines.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int text_file_check(const struct file_bytes *file, size_t max, struct error *err)
{
	const uint8_t *nul = file->size > 0 ? memchr(file->data, '\0', file->size) : NULL;

	if (file->size > max)
		return error_damaged(err, "'%s' has %zu bytes, where at most %zu were expected",
				     file->name, file->size, max);
	if (nul)
		return error_damaged(err, "'%s' is no text: a NUL stands at offset %zu", file->name,
				     (size_t)(nul - file->data));
	return 0;
}

bool text_next_line(const struct file_bytes *file, size_t *at, struct text_line *ret)
{
	const uint8_t *end;

	if (*at >= file->size)
		return false;
	end = memchr(file->data + *at, '\n', file->size - *at);
	ret->text = (const char *)file->data + *at;
	ret->size = end ? (size_t)(end - file->data) - *at : file->size - *at;
	ret->number++;
	*at += ret->size + (end ? 1 : 0);
	if (ret->size > 0 && ret->text[ret->size - 1] == '\r')
		ret->size--;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void drop(struct text_line *line, size_t count)
{
	line->text += count;
	line->size -= count;
}

void text_trim(struct text_line *line)
{
	while (line->size > 0 && is_blank(line->text[0]))
		drop(line, 1);
	while (line->size > 0 && is_blank(line->text[line->size - 1]))
		line->size--;
}

bool text_next_word(struct text_line *line, struct text_line *ret)
{
	text_trim(line);
	*ret = *line;
	ret->size = 0;
	while (ret->size < line->size && !is_blank(ret->text[ret->size]))
		ret->size++;
	drop(line, ret->size);
	return ret->size > 0;
}

bool text_is(const struct text_line *text, const char *expected)
{
	return text->size == strlen(expected) && memcmp(text->text, expected, text->size) == 0;
}

bool text_starts_with(const struct text_line *text, const char *start)
{
	size_t length = strlen(start);

	return text->size >= length && memcmp(text->text, start, length) == 0;
}

bool text_split(struct text_line *text, char separator, struct text_line *ret)
{
	const char *found = text->size > 0 ? memchr(text->text, separator, text->size) : NULL;

	if (!found)
		return false;
	*ret = *text;
	text->size = (size_t)(found - text->text);
	drop(ret, text->size + 1);
	return true;
}

void text_unquote(struct text_line *text)
{
	if (text->size < 2 || (text->text[0] != '"' && text->text[0] != '\'') ||
	    text->text[text->size - 1] != text->text[0])
		return;
	drop(text, 1);
	text->size--;
}

char *text_copy(const struct text_line *text)
{
	char *copy = malloc(text->size + 1);

	if (!copy)
		return NULL;
	if (text->size > 0)
		memcpy(copy, text->text, text->size);
	copy[text->size] = '\0';
	return copy;
}

static bool is_key(const struct text_line *key)
{
	for (size_t i = 0; i < key->size; i++) {
		char c = key->text[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
		      (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return key->size > 0;
}

bool text_assignment(struct text_line *line, struct text_line *ret)
{
	struct text_line key = *line, value;

	text_trim(&key);
	if (!text_split(&key, '=', &value) || !is_key(&key))
		return false;
	*line = key;
	*ret = value;
	return true;
}

/* Within double quotes a backslash is one, but before these. */
static bool is_escapable(char quote, char c)
{
	return quote == '\0' || (quote == '"' && strchr("\"\\$`", c));
}

size_t text_shell_value(const struct text_line *value, char *ret, size_t size)
{
	size_t length = 0;
	char quote = '\0';

	for (size_t i = 0; i < value->size; i++) {
		char c = value->text[i];

		if (quote == '\0' && (is_blank(c) || c == ';' || c == '&' || c == '|'))
			break;
		if (c == quote || (quote == '\0' && (c == '"' || c == '\''))) {
			quote = quote ? '\0' : c;
			continue;
		}
		if (c == '\\' && i + 1 < value->size && is_escapable(quote, value->text[i + 1]))
			c = value->text[++i];
		if (length + 1 < size)
			ret[length] = c;
		length++;
	}
	ret[length < size ? length : size - 1] = '\0';
	return quote ? SIZE_MAX : length;
}

void *list_grow(void *items, size_t count, size_t size)
{
	size_t bytes;

	if (count > 0 && (count & (count - 1)) != 0)
		return items;
	if (__builtin_mul_overflow(count > 0 ? 2 * count : 1, size, &bytes))
		return NULL;
	return realloc(items, bytes);
}
