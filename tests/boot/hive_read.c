/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small reader of registry hives (regf): key nodes, sub-key lists and values, for BCD stores. */
#include "boot.h"

#define BASE 4096 /* of the hive bins; offsets of cells count from here */

/* Key node: signature after the length of the cell. */
#define NK_SUBKEYS     0x18
#define NK_SUBKEY_LIST 0x20
#define NK_VALUES      0x28
#define NK_VALUE_LIST  0x2c
#define NK_NAME_LENGTH 0x4c
#define NK_NAME	       0x50

#define VK_NAME_LENGTH 0x06
#define VK_DATA_SIZE   0x08
#define VK_DATA	       0x0c
#define VK_NAME	       0x18
#define VK_INLINE      0x80000000u

UINT16 le16(const UINT8 *at)
{
	return (UINT16)(at[0] | at[1] << 8);
}

UINT32 le32(const UINT8 *at)
{
	return at[0] | (UINT32)at[1] << 8 | (UINT32)at[2] << 16 | (UINT32)at[3] << 24;
}

UINT64 le64(const UINT8 *at)
{
	return le32(at) | (UINT64)le32(at + 4) << 32;
}

/* The cell at 'offset', which must have 'size' bytes; its length field comes first. */
static const UINT8 *cell(const struct hive *hive, UINT32 offset, UINTN size)
{
	if (offset >= hive->size - BASE || size > hive->size - BASE - offset)
		fail(L"BCD: a cell lies outside of the hive");
	return hive->bytes + BASE + offset;
}

static CHAR8 upper(CHAR8 c)
{
	return c >= 'a' && c <= 'z' ? (CHAR8)(c - 'a' + 'A') : c;
}

static BOOLEAN same_name(const UINT8 *a, UINTN a_length, const CHAR8 *b, UINTN b_length)
{
	if (a_length != b_length)
		return FALSE;
	for (UINTN i = 0; i < a_length; i++)
		if (upper(a[i]) != upper(b[i]))
			return FALSE;
	return TRUE;
}

void hive_check(const struct hive *hive)
{
	UINT32 sum = 0;

	if (hive->size < BASE || CompareMem(hive->bytes, "regf", 4) != 0)
		fail(L"BCD: no registry hive");
	for (UINTN at = 0; at < 508; at += 4)
		sum ^= le32(hive->bytes + at);
	Print(L"BCD: %d bytes, sequence numbers %d and %d, checksum %s\n", hive->size,
	      le32(hive->bytes + 4), le32(hive->bytes + 8),
	      sum == le32(hive->bytes + 508) ? L"right" : L"WRONG");
	if (le32(hive->bytes + 4) != le32(hive->bytes + 8) || sum != le32(hive->bytes + 508))
		fail(L"BCD: the hive is not clean");
}

static UINT32 find_subkey(const struct hive *hive, UINT32 key, const CHAR8 *name, UINTN length)
{
	const UINT8 *node = cell(hive, key, NK_NAME);
	UINT32 count = le32(node + NK_SUBKEYS);
	const UINT8 *list;
	UINTN step;

	if (count == 0)
		return 0;
	list = cell(hive, le32(node + NK_SUBKEY_LIST), 8);
	/* lf and lh: offset and hash; li: offsets only. A store is too small for ri. */
	step = list[5] == 'i' ? 4 : 8;
	if (list[4] != 'l')
		fail(L"BCD: unknown kind of sub-key list");
	list = cell(hive, le32(node + NK_SUBKEY_LIST), 8 + step * le16(list + 6));
	for (UINTN i = 0; i < le16(list + 6); i++) {
		UINT32 child = le32(list + 8 + step * i);
		const UINT8 *at = cell(hive, child, NK_NAME);
		UINT16 child_length = le16(at + NK_NAME_LENGTH);

		if (same_name(cell(hive, child, NK_NAME + child_length) + NK_NAME, child_length,
			      name, length))
			return child;
	}
	return 0;
}

UINT32 hive_key(const struct hive *hive, const CHAR8 *path)
{
	UINT32 key = le32(hive->bytes + 0x24);

	while (key && *path) {
		UINTN length = 0;

		while (path[length] && path[length] != '\\')
			length++;
		key = find_subkey(hive, key, path, length);
		path += length + (path[length] == '\\');
	}
	return key;
}

const UINT8 *hive_value(const struct hive *hive, UINT32 key, const CHAR8 *name, UINT32 *ret_size)
{
	const UINT8 *node = cell(hive, key, NK_NAME), *list;
	UINT32 count = le32(node + NK_VALUES);

	if (count == 0)
		return NULL;
	list = cell(hive, le32(node + NK_VALUE_LIST), 4 + 4 * (UINTN)count);
	for (UINT32 i = 0; i < count; i++) {
		UINT32 offset = le32(list + 4 + 4 * i), size;
		const UINT8 *value = cell(hive, offset, VK_NAME);
		UINT16 length = le16(value + VK_NAME_LENGTH);

		if (!same_name(cell(hive, offset, VK_NAME + length) + VK_NAME, length, name,
			       strlena(name)))
			continue;
		size = le32(value + VK_DATA_SIZE);
		*ret_size = size & ~VK_INLINE;
		if (size & VK_INLINE)
			return value + VK_DATA;
		return cell(hive, le32(value + VK_DATA), 4 + (UINTN)size) + 4;
	}
	return NULL;
}
