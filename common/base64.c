/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Base64 and hexadecimal digits: see base64.h. */
#include "common/base64.h"

#include <string.h>

#define LINE_BYTES 48 /* 64 digits */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode_group(struct buffer *out, const uint8_t *data, size_t size)
{
	uint32_t bits = (uint32_t)data[0] << 16 | (size > 1 ? (uint32_t)data[1] << 8 : 0) |
			(size > 2 ? data[2] : 0);
	char group[4] = {digits[bits >> 18], digits[bits >> 12 & 63], '=', '='};

	if (size > 1)
		group[2] = digits[bits >> 6 & 63];
	if (size > 2)
		group[3] = digits[bits & 63];
	buffer_append(out, group, sizeof(group));
}

void base64_encode(struct buffer *out, const uint8_t *data, size_t size, const char *newline)
{
	for (size_t i = 0; i < size; i += 3) {
		encode_group(out, data + i, size - i);
		if (i + 3 >= size || (i + 3) % LINE_BYTES == 0)
			buffer_text(out, newline);
	}
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool base64_decode(const char *text, size_t length, struct buffer *ret)
{
	uint32_t bits = 0;
	size_t count = 0, padding = 0;

	for (size_t i = 0; i < length; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (is_space(text[i]))
			continue;
		if (text[i] == '=')
			padding++;
		else if (!digit || padding > 0)
			return false;
		bits = bits << 6 | (digit ? (uint32_t)(digit - digits) : 0);
		if (++count % 4 == 0) {
			uint8_t group[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8),
					    (uint8_t)bits};

			if (padding > 2)
				return false;
			buffer_append(ret, group, 3 - padding);
		}
	}
	return count % 4 == 0;
}

void hex_encode(struct buffer *out, const uint8_t *data, size_t size)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		char pair[2] = {hex[data[i] >> 4], hex[data[i] & 15]};

		buffer_append(out, pair, sizeof(pair));
	}
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_decode(const char *text, size_t length, struct buffer *ret)
{
	if (length % 2 != 0)
		return false;
	for (size_t i = 0; i < length; i += 2) {
		int high = hex_value(text[i]), low = hex_value(text[i + 1]);
		uint8_t byte = (uint8_t)(high * 16 + low);

		if (high < 0 || low < 0)
			return false;
		buffer_append(ret, &byte, 1);
	}
	return true;
}
