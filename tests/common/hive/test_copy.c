/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Copies of keys: what libhivex does not know (security, class, time) is read from the bytes here.
 * Real hives where they are present.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/hive/hive.h"
#include "tests/support/real_hive.h"

TestSuite(hive_copy);

/* Within a key's cell, its size field counted. */
#define KEY_TIME	 8
#define KEY_VALUES	 40
#define KEY_SECURITY	 48
#define KEY_CLASS	 52
#define KEY_CLASS_LENGTH 78
#define BINS		 4096
#define NONE		 UINT32_MAX

/* A type as the Properties of a device have it. */
#define PROPERTY_TYPE UINT32_C(0xffff0012)

static const char class_name[] = "c\0l\0a\0s\0s\0s";

static hive_node_h key(struct hive *hive, const char *path)
{
	hive_node_h node = hive_make(hive, 0, path, NULL);

	cr_assert_neq(node, 0);
	return node;
}

static void set(struct hive *hive, const char *path, const char *name, uint32_t type,
		const void *bytes, size_t size)
{
	cr_assert_eq(hive_set(hive, key(hive, path), name, type, bytes, size, NULL), 0);
}

static struct hive *reopen(struct hive *hive, uint8_t **bytes, size_t *size)
{
	struct error err = ERROR_INIT;
	struct hive *again = NULL;

	cr_assert_eq(hive_commit(hive, bytes, size, &err), 0, "%s", err.message);
	cr_assert_eq(hive_open(*bytes, *size, "copy", &again, &err), 0, "%s", err.message);
	return again;
}

/* The data cell of the only value of a key that is then without it. */
static uint32_t take_data(uint8_t *bytes, size_t node)
{
	uint32_t list = get_le32(bytes + node + KEY_VALUES + 4), value, data;

	value = get_le32(bytes + BINS + list + 4);
	data = get_le32(bytes + BINS + value + 12);
	put_le32(bytes + node + KEY_VALUES, 0);
	put_le32(bytes + node + KEY_VALUES + 4, NONE);
	return data;
}

static void fix_sum(uint8_t *bytes)
{
	put_le32(bytes + 508, hive_checksum(bytes));
}

/* A key 'A\Model\Below' with a class and a security descriptor of its own. */
static struct hive *with_class_and_security(uint8_t **bytes, size_t *size)
{
	CLEANUP_HIVE struct hive *hive = NULL;
	struct hive *again;
	uint8_t sk[64] = "sk";
	size_t model, below;
	uint32_t cell, old;

	cr_assert_eq(hive_new("copy", "System", 5, &hive, NULL), 0);
	put_le32(sk + 12, 1);
	put_le32(sk + 16, 44);
	set(hive, "A\\Model", "", hive_t_binary, class_name, sizeof(class_name));
	set(hive, "A\\Model\\Below", "", hive_t_binary, sk, sizeof(sk));
	model = hive_find(hive, 0, "A\\Model");
	below = hive_find(hive, 0, "A\\Model\\Below");
	cr_assert_eq(hive_commit(hive, bytes, size, NULL), 0);
	put_le32(*bytes + model + KEY_CLASS, take_data(*bytes, model));
	put_le16(*bytes + model + KEY_CLASS_LENGTH, sizeof(class_name));
	cell = take_data(*bytes, below);
	put_le32(*bytes + BINS + cell + 4 + 4, cell);
	put_le32(*bytes + BINS + cell + 4 + 8, cell);
	old = get_le32(*bytes + below + KEY_SECURITY);
	put_le32(*bytes + below + KEY_SECURITY, cell);
	put_le32(*bytes + BINS + old + 16, get_le32(*bytes + BINS + old + 16) - 1);
	put_le64(*bytes + below + KEY_TIME, 0x01d00000abcdef00);
	fix_sum(*bytes);
	cr_assert_eq(hive_open(*bytes, *size, "copy", &again, NULL), 0);
	return again;
}

static void assert_adopted(const uint8_t *bytes, hive_node_h model, hive_node_h copy)
{
	uint32_t from = get_le32(bytes + model + KEY_CLASS);
	uint32_t to = get_le32(bytes + copy + KEY_CLASS);
	uint16_t length = get_le16(bytes + model + KEY_CLASS_LENGTH);

	cr_assert_eq(get_le32(bytes + copy + KEY_SECURITY), get_le32(bytes + model + KEY_SECURITY));
	cr_assert_eq(get_le64(bytes + copy + KEY_TIME), get_le64(bytes + model + KEY_TIME));
	cr_assert_eq(from == NONE, to == NONE);
	if (from == NONE)
		return;
	cr_assert_neq(from, to);
	cr_assert_eq(get_le16(bytes + copy + KEY_CLASS_LENGTH), length);
	cr_assert_eq(memcmp(bytes + BINS + from + 4, bytes + BINS + to + 4, length), 0);
}

Test(hive_copy, class_security_and_time_are_adopted)
{
	CLEANUP_FREE uint8_t *bytes = NULL, *copied = NULL;
	CLEANUP_HIVE struct hive *hive = NULL, *again = NULL;
	size_t size, copied_size;
	uint32_t own;

	hive = with_class_and_security(&bytes, &size);
	cr_assert_eq(hive_copy(hive, hive_find(hive, 0, "A\\Model"), key(hive, "B"), "Copy", NULL),
		     0);
	again = reopen(hive, &copied, &copied_size);
	assert_adopted(copied, hive_find(again, 0, "A\\Model"), hive_find(again, 0, "B\\Copy"));
	assert_adopted(copied, hive_find(again, 0, "A\\Model\\Below"),
		       hive_find(again, 0, "B\\Copy\\Below"));
	own = get_le32(copied + hive_find(again, 0, "A\\Model\\Below") + KEY_SECURITY);
	cr_assert_eq(get_le32(copied + BINS + own + 16), 2); /* references */
	cr_assert_eq(get_le32(copied + hive_find(again, 0, "B") + 60), sizeof(class_name));
}

Test(hive_copy, values_keep_types_and_bytes)
{
	CLEANUP_FREE uint8_t *bytes = NULL, *value = NULL, *large = calloc(1, HIVE_MAX_VALUE);
	CLEANUP_HIVE struct hive *hive = NULL, *again = NULL;
	uint32_t type = 0, number = 0;
	size_t size;

	cr_assert_eq(hive_new("copy", "System", 5, &hive, NULL), 0);
	set(hive, "A\\Properties\\{x}\\0002", "", PROPERTY_TYPE, "\1\0\0\0\0\0\0\0", 8);
	set(hive, "A", "Empty", hive_t_binary, "", 0);
	set(hive, "A", "Large", hive_t_binary, large, HIVE_MAX_VALUE);
	cr_assert_eq(hive_set_dword(hive, key(hive, "A"), "Number", 4711, NULL), 0);
	cr_assert_eq(hive_copy(hive, hive_find(hive, 0, "A"), key(hive, "B"), "0", NULL), 0);
	again = reopen(hive, &bytes, &size);
	value = hive_get_bytes(again, hive_find(again, 0, "B\\0\\Properties\\{x}\\0002"), "", &type,
			       &size);
	cr_assert_not_null(value);
	cr_assert_eq(type, PROPERTY_TYPE);
	cr_assert_eq(size, 8);
	free(value);
	value = hive_get_bytes(again, hive_find(again, 0, "B\\0"), "Empty", &type, &size);
	cr_assert_not_null(value);
	cr_assert_eq(size, 0);
	free(value);
	value = hive_get_bytes(again, hive_find(again, 0, "B\\0"), "Large", &type, &size);
	cr_assert_eq(size, HIVE_MAX_VALUE);
	cr_assert(hive_get_dword(again, hive_find(again, 0, "B\\0"), "Number", &number));
	cr_assert_eq(number, 4711);
}

Test(hive_copy, too_much_is_not_begun)
{
	CLEANUP_HIVE struct hive *hive = NULL;
	struct error err = ERROR_INIT;
	char path[256] = "A";

	cr_assert_eq(hive_new("copy", "System", 5, &hive, NULL), 0);
	for (int i = 0; i < 20; i++)
		strcat(path, "\\Deep");
	key(hive, path);
	cr_assert_eq(hive_copy(hive, hive_find(hive, 0, "A"), key(hive, "B"), "0", &err), -E2BIG);
	cr_assert_eq(hive_find(hive, 0, "B\\0"), 0);
	cr_assert_not_null(strstr(err.message, "copied"));
}

/* Keys of Lsa are known for their classes, those of devices for descriptors that differ. */
Test(hive_copy, real_keys)
{
	static const char *const models[] = {"ControlSet001\\Control\\Lsa\\JD",
					     "ControlSet001\\Enum\\ACPI\\PNP0A03"};
	size_t size, copied_size;
	CLEANUP_FREE uint8_t *bytes = real_hive("SYSTEM-win7-vmware.hiv", &size), *copied = NULL;
	CLEANUP_HIVE struct hive *hive = NULL, *again = NULL;
	struct error err = ERROR_INIT;
	hive_node_h copy;

	if (size == 0)
		cr_skip_test("the real hive is not there");
	cr_assert_eq(hive_open(bytes, size, "SYSTEM", &hive, &err), 0, "%s", err.message);
	for (size_t i = 0; i < 2; i++)
		cr_assert_eq(hive_copy(hive, hive_find(hive, 0, models[i]),
				       key(hive, "ControlSet001\\Enum\\ACPI"),
				       i ? "MSFT1000" : "JD", &err),
			     0, "%s", err.message);
	again = reopen(hive, &copied, &copied_size);
	copy = hive_find(again, 0, "ControlSet001\\Enum\\ACPI\\JD");
	cr_assert_neq(get_le32(copied + copy + KEY_CLASS), NONE);
	assert_adopted(copied, hive_find(again, 0, models[0]), copy);
	copy = hive_find(again, 0, "ControlSet001\\Enum\\ACPI\\MSFT1000");
	assert_adopted(copied, hive_find(again, 0, models[1]), copy);
	assert_adopted(
		copied,
		hive_find(again, 0,
			  "ControlSet001\\Enum\\ACPI\\PNP0A03\\2&daba3ff&1\\Device Parameters"),
		hive_find(again, 0,
			  "ControlSet001\\Enum\\ACPI\\MSFT1000\\2&daba3ff&1\\Device Parameters"));
}
