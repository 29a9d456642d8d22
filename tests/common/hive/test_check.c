/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hives whose structure is unsound are refused before libhivex, which would end the program, sees
 * them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/hive/hive.h"
#include "common/hive/check.h"

TestSuite(hive_check);

#define BASE 4096

static void fix_checksum(uint8_t *base)
{
	uint32_t sum = 0;

	for (size_t at = 0; at < 508; at += 4)
		sum ^= get_le32(base + at);
	put_le32(base + 508, sum);
}

static uint8_t *sample(size_t *ret_size)
{
	CLEANUP_HIVE struct hive *hive = NULL;
	uint8_t *bytes = NULL;
	hive_node_h node;

	cr_assert_eq(hive_new("hive", "root", 5, &hive, NULL), 0);
	node = hive_make(hive, 0, "a\\b\\c", NULL);
	cr_assert_eq(hive_set(hive, node, "long", hive_t_binary, "0123456789", 10, NULL), 0);
	cr_assert_eq(hive_set_dword(hive, node, "short", 1, NULL), 0);
	cr_assert_neq(hive_make(hive, 0, "a\\d", NULL), 0);
	cr_assert_eq(hive_commit(hive, &bytes, ret_size, NULL), 0);
	return bytes;
}

/* The offset of the first cell with that signature, counted from the first bin, from 'from' on. */
static uint32_t find_cell(const uint8_t *bytes, size_t size, const char *signature, uint32_t from)
{
	for (size_t at = BASE + from; at + 8 <= size; at += 8)
		if (memcmp(bytes + at + 4, signature, 2) == 0 && (int32_t)get_le32(bytes + at) < 0)
			return (uint32_t)(at - BASE);
	cr_assert_fail("no cell '%s'", signature);
	return 0;
}

static void assert_damaged(const uint8_t *bytes, size_t size, const char *why)
{
	struct error err = ERROR_INIT;

	cr_assert_lt(hive_check(bytes, size, "hive", &err), 0, "%s", why);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
	cr_assert_not_null(strstr(err.message, why), "%s", err.message);
}

Test(hive_check, sound_hive)
{
	size_t size;
	CLEANUP_FREE uint8_t *bytes = sample(&size);
	struct error err = ERROR_INIT;

	cr_assert_eq(hive_check(bytes, size, "hive", &err), 0, "%s", err.message);
}

Test(hive_check, cells_with_two_owners)
{
	size_t size;
	CLEANUP_FREE uint8_t *bytes = sample(&size);
	uint32_t one = find_cell(bytes, size, "vk", 0);
	uint32_t two = find_cell(bytes, size, "vk", one + 8);

	/* Both values hold their data in the same cell. */
	memcpy(bytes + BASE + two + 8, bytes + BASE + one + 8, 8);
	assert_damaged(bytes, size, "cell that two others refer to");
}

Test(hive_check, keys_in_a_circle)
{
	size_t size;
	CLEANUP_FREE uint8_t *bytes = sample(&size);
	uint32_t list = find_cell(bytes, size, "lh", 0);

	put_le32(bytes + BASE + list + 8, get_le32(bytes + 36));
	assert_damaged(bytes, size, "cell that two others refer to");
}

Test(hive_check, too_few_references_to_a_security_descriptor)
{
	size_t size;
	CLEANUP_FREE uint8_t *bytes = sample(&size);
	uint32_t sk = find_cell(bytes, size, "sk", 0);

	put_le32(bytes + BASE + sk + 4 + 12, 1);
	assert_damaged(bytes, size, "too low a count of references");
}

Test(hive_check, empty_value_with_an_offset)
{
	size_t size;
	CLEANUP_FREE uint8_t *bytes = sample(&size);

	put_le32(bytes + BASE + find_cell(bytes, size, "vk", 0) + 4 + 4, 0);
	assert_damaged(bytes, size, "empty value");
}

Test(hive_check, bins_that_are_not_there)
{
	size_t size;
	CLEANUP_FREE uint8_t *bytes = sample(&size);

	assert_damaged(bytes, size - BASE, "bytes of bins");
	assert_damaged(bytes, 100, "100 bytes");
	put_le32(bytes + BASE + 8, 0x2000000);
	assert_damaged(bytes, size, "no valid bin");
}

/* Remove everything: libhivex then follows every pointer. */
static void remove_all(struct hive *hive)
{
	hive_h *handle = hive_handle(hive);
	CLEANUP_FREE hive_node_h *keys = hivex_node_children(handle, hivex_root(handle));
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size;

	for (size_t i = 0; keys && keys[i]; i++) {
		CLEANUP_FREE char *name = hivex_node_name(handle, keys[i]);

		if (!name || hive_remove(hive, 0, name, NULL) < 0)
			return;
	}
	(void)hive_commit(hive, &bytes, &size, NULL);
}

/* A crash would end the test program. */
Test(hive_check, flipped_bits_do_no_harm)
{
	size_t size;
	CLEANUP_FREE uint8_t *bytes = sample(&size);
	size_t refused = 0;

	for (size_t bit = 0; bit < size * 8; bit++) {
		CLEANUP_HIVE struct hive *hive = NULL;

		if (bytes[bit / 8] == 0 && bit % 29 != 0)
			continue; /* mostly padding */
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		fix_checksum(bytes);
		if (hive_open(bytes, size, "hive", &hive, NULL) < 0)
			refused++;
		else
			remove_all(hive);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	cr_assert_gt(refused, 100);
}
