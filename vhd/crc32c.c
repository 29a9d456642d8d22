/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CRC-32C, four bits at a time: reflected polynomial 0x82f63b78, initial value and final complement
 * all ones. The amounts are small (4 KiB headers, 64 KiB region tables, a log of a few MiB), so a
 * table of 16 is enough.
 */
#include "vhd/crc32c.h"

/* The CRC of each nibble. */
static const uint32_t table[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
	0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t crc32c(uint32_t crc, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	crc = ~crc;
	for (size_t i = 0; i < length; i++) {
		crc ^= at[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

uint32_t crc32c_without_field(const void *bytes, size_t length, size_t field)
{
	static const uint8_t zero[4];
	const uint8_t *at = bytes;
	uint32_t crc = crc32c(0, at, field);

	crc = crc32c(crc, zero, sizeof(zero));
	return crc32c(crc, at + field + 4, length - field - 4);
}
