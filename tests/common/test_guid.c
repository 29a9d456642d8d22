/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GUIDs: byte order, text forms, generation. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/checked.h"
#include "common/guid.h"

TestSuite(guid);

/* The partition type of an ESP as it stands in every GPT. */
static const uint8_t esp_bytes[16] = {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11,
				      0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b};
static const char esp_text[] = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";

Test(guid, constants_have_the_order_of_the_disk)
{
	struct guid guid = GUID(0xc12a7328, 0xf81f, 0x11d2, 0xba4b, 0x00a0c93ec93b);

	cr_assert_arr_eq(guid.bytes, esp_bytes, 16);
}

Test(guid, text_forms)
{
	static const char *const forms[] = {esp_text, "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
					    "{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}"};
	char text[GUID_TEXT_SIZE];
	struct guid guid;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		cr_assert(guid_parse(forms[i], &guid), "%s", forms[i]);
		cr_assert_arr_eq(guid.bytes, esp_bytes, 16);
		cr_assert_str_eq(guid_format(&guid, text), esp_text);
	}
}

Test(guid, what_is_no_guid)
{
	static const char *const wrong[] = {"",
					    "{}",
					    "{",
					    "c12a7328-f81f-11d2-ba4b-00a0c93ec93",
					    "c12a7328-f81f-11d2-ba4b-00a0c93ec93b0",
					    "{c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
					    "c12a7328-f81f-11d2-ba4b-00a0c93ec93b}",
					    " c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
					    "c12a7328-f81f-11d2-ba4b-00a0c93ec93g",
					    "c12a7328f-81f-11d2-ba4b-00a0c93ec93b"};
	struct guid guid = {{1, 2, 3}}, before = guid;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		cr_assert_not(guid_parse(wrong[i], &guid), "%s", wrong[i]);
		cr_assert(guid_equal(&guid, &before), "the result is untouched on failure");
	}
}

/* RFC 9562 appendix A.4 and the documentation of Python's uuid module. */
Test(guid, names)
{
	static const struct {
		const char *name, *text;
	} cases[] = {{"www.example.com", "2ed6657d-e927-568b-95e1-2665a8aea6a2"},
		     {"python.org", "886313e1-3b8a-5372-9b90-0c9aee199e5d"}};
	struct guid dns = GUID(0x6ba7b810, 0x9dad, 0x11d1, 0x80b4, 0x00c04fd430c8);
	char text[GUID_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct guid guid = guid_from_name(&dns, cases[i].name, strlen(cases[i].name));

		cr_assert_str_eq(guid_format(&guid, text), cases[i].text);
		cr_assert_eq(guid.bytes[7] >> 4, 5, "the version stands in the third group");
	}
}

Test(guid, random_ones)
{
	struct guid a = guid_random(), b = guid_random();

	cr_assert_not(guid_equal(&a, &b));
	cr_assert_eq(a.bytes[7] >> 4, 4);
	cr_assert_eq(a.bytes[8] >> 6, 2);
}

Test(guid, zero)
{
	struct guid guid = {{0}};

	cr_assert(guid_is_zero(&guid));
	guid.bytes[15] = 1;
	cr_assert_not(guid_is_zero(&guid));
}
