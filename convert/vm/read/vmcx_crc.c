/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checksums and sequences of a container: see vmcx_internal.h. */
#include <zlib.h>

#include "convert/vm/read/vmcx_internal.h"

uint32_t vmcx_crc(const uint8_t *data, size_t size, size_t crc_at)
{
	static const uint8_t zeros[4];
	uLong crc = crc32(0, data, (uInt)crc_at);

	crc = crc32(crc, zeros, sizeof(zeros));
	return (uint32_t)crc32(crc, data + crc_at + 4, (uInt)(size - crc_at - 4));
}

bool vmcx_is_later(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b) > 0;
}
