/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMGS version 1: see vmgs1_layout.h. */
#include "nvram/vmgs1_layout.h"

#include <string.h>
#include <zlib.h>

#include "common/bytes.h"

uint32_t vmgs1_checksum(const uint8_t *header)
{
	uint8_t copy[VMGS1_HEADER_SIZE];

	memcpy(copy, header, sizeof(copy));
	put_le32(copy + VMGS1_CHECKSUM, 0);
	return (uint32_t)crc32(0, copy, sizeof(copy));
}
