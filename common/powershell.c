/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quoting for PowerShell: see powershell.h. A single-quoted string is taken literally and ends at
 * any of five characters, each of which stands for itself when doubled (PowerShell language
 * specification, 2.3.5.2; its tokenizer counts U+2018 to U+201B as single quotes).
 */
#include "common/powershell.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "common/utf16.h"

struct range {
	uint16_t first, last;
};

/* Controls, what is invisible or turns the direction, surrogates without a partner, private use. */
static const struct range unseen[] = {
	{0x0000, 0x001f}, {0x007f, 0x009f}, {0x00ad, 0x00ad}, {0x061c, 0x061c},
	{0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
	{0xd800, 0xf8ff}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xfffe, 0xffff},
};

static bool is_unseen(uint16_t unit)
{
	for (size_t i = 0; i < ARRAY_SIZE(unseen); i++)
		if (unit >= unseen[i].first && unit <= unseen[i].last)
			return true;
	return false;
}

static bool is_quote(uint16_t unit)
{
	return unit == '\'' || (unit >= 0x2018 && unit <= 0x201b);
}

/* How many units stand for one character that is shown as it is: 0, 1, or 2 for a pair. */
static size_t seen_units(const uint8_t *at, size_t left)
{
	uint16_t unit = get_le16(at);

	/* Planes 14 and above, from U+DB40 on, hold tags, selectors and private use. */
	if (left >= 4 && unit >= 0xd800 && unit < 0xdb40 && get_le16(at + 2) >= 0xdc00 &&
	    get_le16(at + 2) < 0xe000)
		return 2;
	return is_unseen(unit) ? 0 : 1;
}

/* The text is written into memory that is large enough from the start. */
struct writer {
	FILE *stream;
	bool is_open, has_part;
};

static void open_part(struct writer *writer)
{
	if (!writer->is_open)
		fputs(writer->has_part ? " + '" : "'", writer->stream);
	writer->is_open = writer->has_part = true;
}

static void close_part(struct writer *writer)
{
	if (writer->is_open)
		fputc('\'', writer->stream);
	writer->is_open = false;
}

static bool put_seen(struct writer *writer, const uint8_t *at, size_t units)
{
	CLEANUP_FREE char *text = utf16le_to_utf8(at, 2 * units);

	if (!text)
		return false;
	open_part(writer);
	fputs(text, writer->stream);
	if (is_quote(get_le16(at)))
		fputs(text, writer->stream);
	return true;
}

/* A string must come first: only then does '+' join. */
static void put_unseen(struct writer *writer, uint16_t unit)
{
	if (!writer->has_part)
		open_part(writer);
	close_part(writer);
	fprintf(writer->stream, " + [char]0x%04" PRIX16, unit);
}

static bool put_all(struct writer *writer, const uint8_t *units, size_t size)
{
	size_t step;

	open_part(writer);
	for (size_t at = 0; at < size; at += 2 * (step ? step : 1)) {
		step = seen_units(units + at, size - at);
		if (!step)
			put_unseen(writer, get_le16(units + at));
		else if (!put_seen(writer, units + at, step))
			return false;
	}
	close_part(writer);
	return true;
}

static bool needs_brackets(const uint8_t *units, size_t size)
{
	size_t step;

	for (size_t at = 0; at < size; at += 2 * step) {
		step = seen_units(units + at, size - at);
		if (!step)
			return true;
	}
	return false;
}

char *powershell_quote(const char *utf8)
{
	size_t size, length;
	CLEANUP_FREE uint8_t *units = utf8_to_utf16le(utf8, &size);
	char *text = NULL;
	struct writer writer = {.stream = units ? open_memstream(&text, &length) : NULL};
	bool brackets, done;

	if (!writer.stream)
		return NULL;
	size -= 2; /* the NUL */
	brackets = needs_brackets(units, size);
	fputs(brackets ? "(" : "", writer.stream);
	done = put_all(&writer, units, size);
	fputs(brackets ? ")" : "", writer.stream);
	done = !ferror(writer.stream) && done;
	if (fclose(writer.stream) != 0 || !done) {
		free(text);
		return NULL;
	}
	return text;
}
