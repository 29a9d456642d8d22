/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which kind of partition table a disk has, by its first and last sectors.
 *
 * UEFI 2.10 section 5.2.3: what makes a disk a GPT disk is an MBR entry of type 0xEE. A GPT header
 * without one is left over from an earlier life of the disk; sfdisk and libblkid read the MBR then,
 * as the BIOS does that starts the guest. For both the type alone counts, wherever the entry starts
 * and however long it is. Beside others it makes a hybrid MBR, which some read as the one and some
 * as the other.
 */
#ifndef HVGEN2_CONVERT_TABLE_LABEL_H
#define HVGEN2_CONVERT_TABLE_LABEL_H

#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"
#include "convert/table/mbr_format.h"

/* The sectors that hold the header of a GPT on a disk with an MBR: the second one, the last one. */
struct stale_gpt {
	uint64_t lba[2];
	size_t count;
};

/*
 * Read sector 0 into 'sector' when it holds an MBR that counts. Errors: REFUSAL_NO_PARTITION_TABLE
 * (no 55AA, or the boot sector of a file system), REFUSAL_ALREADY_GPT for a GPT and for a hybrid
 * MBR.
 */
int label_check(struct disk *disk, uint8_t sector[MBR_SIZE], struct stale_gpt *ret,
		struct error *err);

/* The name of the file system whose boot sector these MBR_SIZE bytes are, NULL when it is none. */
const char *boot_sector_of(const uint8_t *sector);

#endif
