/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Multi-sector protection: the last two bytes of every 512 are replaced by a number that is the same
 * in all of them, and stand in an array. A block of which only a part reached the disk gives itself
 * away.
 */
#include "convert/ntfs/journal/internal.h"

#define TAIL (BLOCK_STRIDE - 2)

bool journal_fixups_fit(const uint8_t *block, size_t size)
{
	uint16_t offset = get_le16(block + BLOCK_USA_OFFSET);
	uint16_t count = get_le16(block + BLOCK_USA_COUNT);

	return offset >= 0x1e && offset % 2 == 0 && count == size / BLOCK_STRIDE + 1 &&
	       offset + 2 * (size_t)count <= (size > BLOCK_STRIDE ? size : TAIL) && offset < TAIL;
}

bool journal_fixups_take(uint8_t *block, size_t size)
{
	uint8_t *array;

	if (!journal_fixups_fit(block, size))
		return false;
	array = block + get_le16(block + BLOCK_USA_OFFSET);
	for (size_t at = TAIL; at < size; at += BLOCK_STRIDE)
		if (memcmp(block + at, array, 2) != 0)
			return false;
	for (size_t at = TAIL, i = 2; at < size; at += BLOCK_STRIDE, i += 2)
		memcpy(block + at, array + i, 2);
	return true;
}

void journal_fixups_put(uint8_t *block, size_t size)
{
	uint8_t *array = block + get_le16(block + BLOCK_USA_OFFSET);
	uint16_t number = (uint16_t)(get_le16(array) + 1);

	if (number == 0 || number == 0xffff)
		number = 1;
	put_le16(array, number);
	for (size_t at = TAIL, i = 2; at < size; at += BLOCK_STRIDE, i += 2) {
		memcpy(array + i, block + at, 2);
		memcpy(block + at, array, 2);
	}
}
