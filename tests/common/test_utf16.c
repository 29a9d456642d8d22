/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UTF-16 and UTF-8, whole and broken. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "common/utf16.h"

TestSuite(utf16);

static const struct {
	const char *utf8;
	uint8_t utf16[16];
	size_t units;
} pairs[] = {
	{"", {0}, 0},
	{"Az", {'A', 0, 'z', 0}, 2},
	{"\x7f\xc2\x80\xdf\xbf", {0x7f, 0, 0x80, 0, 0xff, 0x07}, 3},
	{"\xe0\xa0\x80\xef\xbf\xbf", {0x00, 0x08, 0xff, 0xff}, 2},
	{"\xf0\x90\x80\x80", {0x00, 0xd8, 0x00, 0xdc}, 2},
	{"\xf4\x8f\xbf\xbf", {0xff, 0xdb, 0xff, 0xdf}, 2},
	/* unpaired surrogates */
	{"\xed\xa0\x80", {0x00, 0xd8}, 1},
	{"\xed\xbf\xbf", {0xff, 0xdf}, 1},
	{"\xed\xb0\x80\xed\xa0\x80", {0x00, 0xdc, 0x00, 0xd8}, 2},
	{"\xed\xa0\x80\xf0\x90\x80\x80", {0x00, 0xd8, 0x00, 0xd8, 0x00, 0xdc}, 3},
	{"\xed\xa0\x80x", {0x00, 0xd8, 'x', 0}, 2},
};

Test(utf16, both_ways)
{
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		CLEANUP_FREE char *utf8 = utf16le_to_utf8(pairs[i].utf16, 2 * pairs[i].units);
		CLEANUP_FREE uint8_t *utf16 = NULL;
		size_t size = 0;

		cr_assert_str_eq(utf8, pairs[i].utf8, "case %zu", i);
		utf16 = utf8_to_utf16le(pairs[i].utf8, &size);
		cr_assert_not_null(utf16, "case %zu", i);
		cr_assert_eq(size, 2 * pairs[i].units + 2, "case %zu", i);
		cr_assert_eq(memcmp(utf16, pairs[i].utf16, size), 0, "case %zu, NUL included", i);
	}
}

/* Every single unit, and every pair out of the values where something changes, survives. */
Test(utf16, every_unit_survives)
{
	static const uint16_t edges[] = {0x0001, 0x007f, 0x0080, 0x07ff, 0x0800, 0xd7ff, 0xd800,
					 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xfeff, 0xfffe, 0xffff};
	size_t pairs_of_edges = ARRAY_SIZE(edges) * ARRAY_SIZE(edges), size;

	for (size_t i = 1; i < 0x10000 + pairs_of_edges; i++) {
		CLEANUP_FREE char *utf8 = NULL;
		CLEANUP_FREE uint8_t *back = NULL;
		uint8_t units[4] = {0};
		size_t pair = i - 0x10000;

		put_le16(units, i < 0x10000 ? (uint16_t)i : edges[pair / ARRAY_SIZE(edges)]);
		put_le16(units + 2, i < 0x10000 ? 0 : edges[pair % ARRAY_SIZE(edges)]);
		utf8 = utf16le_to_utf8(units, sizeof(units));
		back = utf8_to_utf16le(utf8, &size);
		if (!back || memcmp(back, units, min_u64(size, sizeof(units))) != 0)
			cr_assert_fail("unit or pair %zx does not survive", i);
	}
}

Test(utf16, stops_at_nul_and_ignores_half_a_unit)
{
	static const uint8_t utf16[] = {'a', 0, 0, 0, 'b', 0}, odd[] = {'a', 0, 'b'};
	CLEANUP_FREE char *first = utf16le_to_utf8(utf16, sizeof(utf16));
	CLEANUP_FREE char *second = utf16le_to_utf8(odd, sizeof(odd));
	CLEANUP_FREE char *none = utf16le_to_utf8(odd, 1);

	cr_assert_str_eq(first, "a");
	cr_assert_str_eq(second, "a");
	cr_assert_str_eq(none, "");
}

Test(utf16, malformed_utf8)
{
	static const char *const wrong[] = {"\x80",
					    "a\xbf",
					    "\xc0\x80",
					    "\xc1\xbf",
					    "\xc2",
					    "\xc2x",
					    "\xe0\x80\x80",
					    "\xe0\x9f\xbf",
					    "\xe1\x80",
					    "\xe1\x80x",
					    "\xf0\x80\x80\x80",
					    "\xf0\x8f\xbf\xbf",
					    "\xf1\x80\x80",
					    "\xf4\x90\x80\x80",
					    "\xf5\x80\x80\x80",
					    "\xfe",
					    "\xff",
					    "good\xff"};
	size_t size = 77;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		errno = 0;
		cr_assert_null(utf8_to_utf16le(wrong[i], &size), "case %zu", i);
		cr_assert_eq(errno, EILSEQ);
		cr_assert_eq(size, 77, "the result is untouched on failure");
	}
}
