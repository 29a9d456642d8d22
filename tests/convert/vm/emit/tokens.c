/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strings of PowerShell, read: see tokens.h. */
#include "tokens.h"

#include <stdlib.h>
#include <string.h>

#include "common/utf16.h"

static bool is_quote(uint32_t code)
{
	return code == 0x27 || (code >= 0x2018 && code <= 0x201b);
}

/* What a reader of the script does not see, or sees elsewhere. */
static bool is_unseen(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x061c ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || (code >= 0xd800 && code < 0xf900) ||
	       code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) || code == 0xfffe ||
	       code == 0xffff || code > 0x10ffff;
}

static bool take(const char **text, const char *expected)
{
	size_t length = strlen(expected);

	if (strncmp(*text, expected, length) != 0)
		return false;
	*text += length;
	return true;
}

static void put_code(struct buffer *ret, uint32_t code)
{
	if (code == UTF8_MALFORMED)
		code = 0xfffd;
	if (code >= 0x10000) {
		buffer_le16(ret, (uint16_t)(0xd800 + ((code - 0x10000) >> 10)));
		code = 0xdc00 + (code & 0x3ff);
	}
	buffer_le16(ret, (uint16_t)code);
}

void tokens_units(const char *text, struct buffer *ret)
{
	while (*text)
		put_code(ret, utf8_next(&text));
}

static bool read_string(const char **text, struct buffer *ret)
{
	if (!**text || !is_quote(utf8_next(text)))
		return false;
	while (**text) {
		uint32_t code = utf8_next(text);

		if (is_quote(code)) {
			const char *next = *text;

			if (!*next || !is_quote(utf8_next(&next)))
				return true;
			*text = next;
		}
		if (is_unseen(code))
			return false;
		put_code(ret, code);
	}
	return false;
}

static bool read_char(const char **text, struct buffer *ret)
{
	unsigned long unit;
	char *end;

	if (!take(text, "[char]0x"))
		return false;
	unit = strtoul(*text, &end, 16);
	if (end != *text + 4)
		return false;
	*text = end;
	buffer_le16(ret, (uint16_t)unit);
	return true;
}

/* ('a' + [char]0x000A + 'b'): what comes first must be a string, for only then '+' joins. */
static bool read_sum(const char **text, struct buffer *ret)
{
	if (!take(text, "("))
		return read_string(text, ret);
	if (!read_string(text, ret))
		return false;
	while (take(text, " + "))
		if (!read_char(text, ret) && !read_string(text, ret))
			return false;
	return take(text, ")");
}

bool tokens_value(const char **text, struct buffer *ret)
{
	if (!take(text, "(-join ("))
		return read_sum(text, ret);
	do {
		if (!read_sum(text, ret))
			return false;
	} while (take(text, ", "));
	return take(text, "))");
}
