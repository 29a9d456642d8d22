/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Widths of characters, judged by the C library. */
#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "common/width.h"

Test(width, of_what_names_are_written_in)
{
	cr_assert_eq(width_of('a'), 1);
	cr_assert_eq(width_of(0xe4), 1);
	cr_assert_eq(width_of(0x308), 0);
	cr_assert_eq(width_of(0x200b), 0);
	cr_assert_eq(width_of(0x6f22), 2);
	cr_assert_eq(width_of(0xac00), 2);
	cr_assert_eq(width_of(0xff21), 2);
	cr_assert_eq(width_of(0x1f600), 2);
	cr_assert_eq(width_of(0x2588), 1); /* of our bars */
	cr_assert_eq(width_of(0x4dc0), 2);
	cr_assert_eq(width_of(0x3248), 2);
	cr_assert_eq(width_of(0x16fe4), 0);
	cr_assert_eq(width_of(0x1faf8), 2);
	cr_assert_eq(width_of(0x110000), 1);
}

/* Of what is not assigned the library says nothing. It may take less for what has become wide since. */
Test(width, is_what_the_library_says)
{
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return;
	for (uint32_t point = 0xa0; point < 0x40000; point++) {
		int judged = wcwidth((wchar_t)point);
		unsigned int ours = width_of(point);

		if (judged < 0)
			continue;
		cr_expect(ours != 0 || judged == 0, "U+%04X: 0 columns, not %d", point, judged);
		cr_expect(judged < 2 || ours == 2, "U+%04X: %u columns, not 2", point, ours);
	}
	for (uint32_t point = 0x4e00; point < 0x9fa6; point++)
		cr_expect(wcwidth((wchar_t)point) == (int)width_of(point), "U+%04X", point);
}

Test(width, walks)
{
	const char *text = "a\xcc\x88\xcc\x88\xcc\x88\xe6\xbc\xa2\xff", *at = text;
	const char *end = text + strlen(text);
	const size_t wanted[] = {1, 0, 0, 1, 2, 1};
	struct width width = {.marks = 0};

	for (size_t i = 0; i < 6; i++)
		cr_assert_eq(width_next(&at, end, &width), wanted[i], "at %zu", i);
	cr_assert_eq(at, end);
}
