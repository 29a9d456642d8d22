/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checksums and update sequences, by the formats' own books and with constants of our own. */
#include <string.h>
#include <zlib.h>

#include "common/bytes.h"
#include "tests/fuzz/vm/fuzz_vm.h"

#define NTFS_SECTOR 512

/* CRC-32C, a bit at a time: the structures are small. */
static uint32_t castagnoli(const uint8_t *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (unsigned int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78U : crc >> 1;
	}
	return ~crc;
}

static void seal_castagnoli(uint8_t *bytes, size_t size)
{
	put_le32(bytes + 4, 0);
	put_le32(bytes + 4, castagnoli(bytes, size));
}

/* Big-endian, the complement of the sum of all bytes (VHD specification, "Hard Disk Footer"). */
static void seal_vhd(uint8_t *bytes, size_t size, size_t at)
{
	uint32_t sum = 0;

	put_be32(bytes + at, 0);
	for (size_t i = 0; i < size; i++)
		sum += bytes[i];
	put_be32(bytes + at, ~sum);
}

/* CRC-32 of the first 'size' bytes, with the field taken as 0. */
static void seal_crc32(uint8_t *bytes, size_t size, size_t at)
{
	put_le32(bytes + at, 0);
	put_le32(bytes + at, (uint32_t)crc32(0, bytes, (uInt)size));
}

/* XOR of the 127 words in front; 0 and FFFFFFFF are not used. */
static void seal_hive(uint8_t *bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < 508; i += 4)
		sum ^= get_le32(bytes + i);
	if (sum == 0)
		sum = 1;
	if (sum == UINT32_MAX)
		sum = UINT32_MAX - 1;
	put_le32(bytes + 508, sum);
}

/* The sum of all 16-bit words of the header is 0; its length stands at 0x30. */
static void seal_volume(uint8_t *bytes, size_t size)
{
	size_t length = get_le16(bytes + 0x30);
	uint16_t sum = 0;

	put_le16(bytes + 0x32, 0);
	for (size_t i = 0; i + 1 < length && i + 1 < size; i += 2)
		sum = (uint16_t)(sum + get_le16(bytes + i));
	put_le16(bytes + 0x32, (uint16_t)-sum);
}

static bool has_sequence(enum place_kind kind)
{
	return kind == PLACE_NTFS_RECORD || kind == PLACE_NTFS_CHOSEN || kind == PLACE_NTFS_INDEX ||
	       kind == PLACE_NTFS_RESTART || kind == PLACE_NTFS_LOG;
}

/*
 * The update sequence: its offset and count stand at 4 and 6; the first word is the number that
 * stands at the end of each sector, the others are what belongs there. NULL where it does not fit.
 */
static uint8_t *sequence_of(uint8_t *bytes, size_t size)
{
	size_t at = get_le16(bytes + 4), count = get_le16(bytes + 6);

	if (count != size / NTFS_SECTOR + 1 || at + 2 * count > NTFS_SECTOR - 2)
		return NULL;
	return bytes + at;
}

void seal_open(enum place_kind kind, uint8_t *bytes, size_t size)
{
	uint8_t *sequence = has_sequence(kind) ? sequence_of(bytes, size) : NULL;

	for (size_t i = 1; sequence && i <= size / NTFS_SECTOR; i++)
		memcpy(bytes + i * NTFS_SECTOR - 2, sequence + 2 * i, 2);
}

static void close_sequence(uint8_t *bytes, size_t size)
{
	uint8_t *sequence = sequence_of(bytes, size);

	for (size_t i = 1; sequence && i <= size / NTFS_SECTOR; i++) {
		memcpy(sequence + 2 * i, bytes + i * NTFS_SECTOR - 2, 2);
		memcpy(bytes + i * NTFS_SECTOR - 2, sequence, 2);
	}
}

void seal_close(enum place_kind kind, uint8_t *bytes, size_t size)
{
	if (has_sequence(kind))
		close_sequence(bytes, size);
	else if (kind == PLACE_VHDX_HEADER || kind == PLACE_VHDX_REGIONS || kind == PLACE_VHDX_LOG)
		seal_castagnoli(bytes, size);
	else if (kind == PLACE_VHD_FOOTER)
		seal_vhd(bytes, size, 64);
	else if (kind == PLACE_VHD_HEADER)
		seal_vhd(bytes, size, 36);
	else if (kind == PLACE_GPT)
		seal_crc32(bytes, 92, 16);
	else if (kind == PLACE_VMGS_HEADER)
		seal_crc32(bytes, 168, 12);
	else if (kind == PLACE_HIVE)
		seal_hive(bytes);
	else if (kind == PLACE_OVMF_VOLUME)
		seal_volume(bytes, size);
}
