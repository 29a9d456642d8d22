/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PE headers and version resources from bytes built here. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/bytes.h"
#include "convert/guest/pe.h"

static const char key[] = "V\0S\0_\0V\0E\0R\0S\0I\0O\0N\0_\0I\0N\0F\0O\0\0";

static void put_version(uint8_t *at, size_t padding)
{
	memcpy(at, key, sizeof(key));
	put_le32(at + sizeof(key) + padding, 0xfeef04bd);
	put_le32(at + sizeof(key) + padding + 4, 0x10000);
	put_le32(at + sizeof(key) + padding + 8, 10 << 16);
	put_le32(at + sizeof(key) + padding + 12, (uint32_t)26100 << 16 | 1742);
}

Test(pe, finds_the_machine)
{
	uint8_t image[256] = "MZ";
	uint16_t machine = 0;

	put_le32(image + 0x3c, 0x80);
	memcpy(image + 0x80, "PE\0\0\x64\x86", 6);
	cr_assert(pe_machine(image, sizeof(image), &machine));
	cr_assert_eq(machine, PE_MACHINE_X64);
	cr_assert_not(pe_machine(image, 0x80 + 23, &machine));
	put_le32(image + 0x3c, 0xffffffff);
	cr_assert_not(pe_machine(image, sizeof(image), &machine));
	cr_assert_not(pe_machine(image, 0x3f, &machine));
	cr_assert_not(pe_machine("", 0, &machine));
}

Test(pe, finds_the_version_at_any_alignment)
{
	for (size_t padding = 0; padding < 4; padding++) {
		uint8_t image[300] = {0};
		uint16_t version[4];

		memcpy(image + 10, key, sizeof(key)); /* a key without a version comes first */
		put_version(image + 101, padding);
		cr_assert(pe_file_version(image, sizeof(image), version));
		cr_assert_eq(version[0], 10);
		cr_assert_eq(version[1], 0);
		cr_assert_eq(version[2], 26100);
		cr_assert_eq(version[3], 1742);
	}
}

Test(pe, finds_no_version_cut_off)
{
	uint8_t image[200] = {0};
	uint16_t version[4];

	put_version(image + 100, 2);
	for (size_t size = 0; size < 100 + sizeof(key) + 2 + 16; size++)
		cr_assert_not(pe_file_version(image, size, version), "%zu", size);
}
