/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hive recovery. The input is a hive and two logs, cut at the two 16-bit numbers (in units of 512
 * bytes) that it begins with. Checksums and hashes are put right first, or nothing would get past
 * them.
 */
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/hive/log.h"
#include "fuzz.h"

#define SECTOR	  512
#define MAX_INPUT (1 << 20)

static void fix_base(uint8_t *base, size_t size)
{
	uint32_t sum = 0;

	if (size < SECTOR)
		return;
	for (size_t at = 0; at < 508; at += 4)
		sum ^= get_le32(base + at);
	put_le32(base + 508, sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum);
}

static uint32_t rotate(uint32_t a, unsigned int by)
{
	return a << by | a >> (32 - by);
}

static void mix(uint32_t *low, uint32_t *high, uint32_t word)
{
	*low += word;
	*high ^= *low;
	*low = rotate(*low, 20) + *high;
	*high = rotate(*high, 9) ^ *low;
	*low = rotate(*low, 27) + *high;
	*high = rotate(*high, 19);
}

/* Marvin32 of whole words. */
static uint64_t hash(const uint8_t *bytes, size_t size)
{
	uint32_t low = 0x7a4e55c5, high = 0x82ef4d88;

	for (size_t at = 0; at + 4 <= size; at += 4)
		mix(&low, &high, get_le32(bytes + at));
	mix(&low, &high, 0x80);
	mix(&low, &high, 0);
	return (uint64_t)high << 32 | low;
}

static void fix_log(uint8_t *log, size_t size)
{
	fix_base(log, size);
	for (size_t at = SECTOR; at + SECTOR <= size;) {
		uint8_t *entry = log + at;
		uint32_t length = get_le32(entry + 4);

		if (memcmp(entry, "HvLE", 4) != 0 || length < SECTOR || length % SECTOR != 0 ||
		    length > size - at)
			return;
		put_le64(entry + 0x18, hash(entry + 0x28, length - 0x28));
		put_le64(entry + 0x20, hash(entry, 0x20));
		at += length;
	}
}

static size_t cut(const uint8_t *number, size_t left)
{
	size_t size = (size_t)get_le16(number) * SECTOR;

	return size < left ? size : left;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE uint8_t *copy = NULL, *found = NULL;
	size_t hive, one, two, found_size;
	struct hive_log logs[2];

	if (size < 4 || size > MAX_INPUT)
		return 0;
	copy = malloc(size);
	memcpy(copy, data + 4, size - 4);
	hive = cut(data, size - 4);
	one = cut(data + 2, size - 4 - hive);
	two = size - 4 - hive - one;
	if (hive > 0 && copy[hive - 1] % 2 == 0)
		fix_base(copy, hive);
	fix_log(copy + hive, one);
	fix_log(copy + hive + one, two);
	logs[0] = (struct hive_log){copy + hive, one};
	logs[1] = (struct hive_log){copy + hive + one, two};
	if (hive_recover(&(struct file_bytes){copy, hive, "hive"}, logs, 2, &found, &found_size,
			 NULL) < 0 &&
	    found)
		abort();
	if (found && (hive_is_dirty(found, found_size) || found_size > size))
		abort();
	return 0;
}
