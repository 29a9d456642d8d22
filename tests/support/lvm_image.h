/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An LVM2 physical volume around a metadata text, as pvcreate lays it out: label in sector 1, one
 * metadata area of 1020 KiB at 4 KiB, extents from 1 MiB on. */
#ifndef HVGEN2_TESTS_SUPPORT_LVM_IMAGE_H
#define HVGEN2_TESTS_SUPPORT_LVM_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"

/* The id of the volume, for the text; and that of another one. */
#define LVM_IMAGE_ID	"R752Jo-Fju6-5J3a-HCeM-ycly-U7V1-ruVRad"
#define LVM_IMAGE_OTHER "ahT1AM-HnDi-fBVv-A13j-7Ghq-yzco-jXxBJY"

#define LVM_IMAGE_AREA	    0x1000U
#define LVM_IMAGE_AREA_SIZE 0xff000U

/* 'at' is where the text begins in the area, from 512 up; it goes on at 512 when the area ends. Zero
 * for no text. What cannot be written ends the program. */
void lvm_image_write(struct disk *pv, const void *text, size_t size, uint64_t at);

/* The same of the physical volume with this id. */
void lvm_image_write_as(struct disk *pv, const char *id, const void *text, size_t size,
			uint64_t at);

/* The checksum of LVM, bit by bit. */
uint32_t lvm_image_crc(const uint8_t *data, size_t size);

#endif
