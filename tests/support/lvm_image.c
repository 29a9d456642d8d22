/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See lvm_image.h; offsets are those that pvcreate of lvm2 2.03.16 leaves. */
#include "tests/support/lvm_image.h"

#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"

uint32_t lvm_image_crc(const uint8_t *data, size_t size)
{
	uint32_t crc = 0xf597a6cf;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return crc;
}

static void put(struct disk *pv, const void *data, size_t size, uint64_t at)
{
	if (disk_write(pv, data, size, at, NULL) < 0)
		abort();
}

static void put_label(struct disk *pv, const char *id)
{
	uint8_t sector[512] = "LABELONE";
	uint8_t *to = sector + 0x20;

	put_le64(sector + 8, 1);
	put_le32(sector + 20, 0x20);
	memcpy(sector + 24, "LVM2 001", 8);
	for (const char *from = id; *from; from++)
		if (*from != '-')
			*to++ = (uint8_t)*from;
	put_le64(sector + 0x40, pv->size);
	put_le64(sector + 0x48, MIB);
	put_le64(sector + 0x68, LVM_IMAGE_AREA);
	put_le64(sector + 0x70, LVM_IMAGE_AREA_SIZE);
	put_le32(sector + 16, lvm_image_crc(sector + 20, 512 - 20));
	put(pv, sector, sizeof(sector), 512);
}

void lvm_image_write(struct disk *pv, const void *text, size_t size, uint64_t at)
{
	lvm_image_write_as(pv, LVM_IMAGE_ID, text, size, at);
}

void lvm_image_write_as(struct disk *pv, const char *id, const void *text, size_t size, uint64_t at)
{
	uint8_t sector[512] = {0};
	size_t first = at ? min_u64(size, LVM_IMAGE_AREA_SIZE - at) : 0;

	put_label(pv, id);
	memcpy(sector + 4, " LVM2 x[5A%r0N*>", 16);
	put_le32(sector + 20, 1);
	put_le64(sector + 24, LVM_IMAGE_AREA);
	put_le64(sector + 32, LVM_IMAGE_AREA_SIZE);
	put_le64(sector + 40, at);
	if (at) {
		put_le64(sector + 48, size);
		put_le32(sector + 56, lvm_image_crc(text, size));
		put(pv, text, first, LVM_IMAGE_AREA + at);
		put(pv, (const uint8_t *)text + first, size - first, LVM_IMAGE_AREA + 512);
	}
	put_le32(sector, lvm_image_crc(sector + 4, 512 - 4));
	put(pv, sector, sizeof(sector), LVM_IMAGE_AREA);
}
