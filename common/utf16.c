/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-16LE to and from (W)UTF-8: see utf16.h. */
#include "common/utf16.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/cleanup.h"

static bool is_high(uint32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(uint32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

static char *put_utf8(char *at, uint32_t point)
{
	static const uint32_t limit[] = {0x80, 0x800, 0x10000};
	static const uint8_t lead[] = {0x00, 0xc0, 0xe0, 0xf0};
	unsigned int more = 0;

	while (more < 3 && point >= limit[more])
		more++;
	*at++ = (char)(lead[more] | (point >> (6 * more)));
	while (more-- > 0)
		*at++ = (char)(0x80 | ((point >> (6 * more)) & 0x3f));
	return at;
}

char *utf16le_to_utf8(const void *utf16, size_t size)
{
	const uint8_t *from = utf16;
	size_t units = size / 2;
	char *utf8 = malloc(units * 3 + 1), *at = utf8;

	if (!utf8)
		return NULL;
	for (size_t i = 0; i < units; i++) {
		uint32_t point = get_le16(from + 2 * i);

		if (point == 0)
			break;
		if (is_high(point) && i + 1 < units && is_low(get_le16(from + 2 * i + 2))) {
			point = 0x10000 + ((point - 0xd800) << 10) +
				(get_le16(from + 2 * i + 2) - UINT32_C(0xdc00));
			i++;
		}
		at = put_utf8(at, point);
	}
	*at = '\0';
	return utf8;
}

uint32_t utf8_next(const char **text)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	const uint8_t *at = (const uint8_t *)*text;
	uint8_t lead = *at++;
	unsigned int more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
	uint32_t point = more ? lead & (0x3fU >> more) : lead;

	(*text)++;
	if (lead >= 0x80 && (lead < 0xc2 || lead > 0xf4))
		return UTF8_MALFORMED;
	for (unsigned int i = 0; i < more; i++) {
		if ((*at & 0xc0) != 0x80)
			return UTF8_MALFORMED;
		point = point << 6 | (*at++ & 0x3fU);
	}
	if (point < least[more] || point > 0x10ffff)
		return UTF8_MALFORMED;
	*text = (const char *)at;
	return point;
}

uint8_t *utf8_to_utf16le(const char *utf8, size_t *ret_size)
{
	CLEANUP_FREE uint8_t *utf16 = malloc(2 * strlen(utf8) + 2);
	size_t used = 0;

	if (!utf16)
		return NULL;
	while (*utf8) {
		uint32_t point = utf8_next(&utf8);

		if (point == UTF8_MALFORMED) {
			errno = EILSEQ;
			return NULL;
		}
		if (point >= 0x10000) {
			put_le16(utf16 + used, (uint16_t)(0xd800 + ((point - 0x10000) >> 10)));
			used += 2;
			point = 0xdc00 + (point & 0x3ff);
		}
		put_le16(utf16 + used, (uint16_t)point);
		used += 2;
	}
	put_le16(utf16 + used, 0);
	*ret_size = used + 2;
	return TAKE(utf16);
}
