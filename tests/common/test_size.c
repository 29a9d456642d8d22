/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes as people read them. */
#include <criterion/criterion.h>

#include "common/checked.h"
#include "common/size.h"

Test(size, units_and_one_decimal_rounded_down)
{
	static const struct {
		uint64_t size;
		const char *text;
	} cases[] = {
		{0, "0 bytes"},
		{1023, "1023 bytes"},
		{1024, "1 KiB"},
		{1535, "1.4 KiB"},
		{350 * MIB, "350 MiB"},
		{GIB - 1, "1023.9 MiB"},
		{40 * GIB + GIB / 2, "40.5 GiB"},
		{UINT64_MAX, "16777215.9 TiB"},
	};
	char text[SIZE_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		cr_assert_str_eq(size_text(cases[i].size, text), cases[i].text);
}

Test(size, lists_of_numbers)
{
	char list[8] = "";

	list_number(list, sizeof(list), 1);
	cr_assert_str_eq(list, "1");
	list_number(list, sizeof(list), 23);
	cr_assert_str_eq(list, "1, 23");
	list_number(list, sizeof(list), 4);
	cr_assert_str_eq(list, "1, 23", "there is no room");
}
