/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The MBR partition table (UEFI 2.10 section 5.2; extended partitions as DOS and Windows lay them:
 * a chain of EBRs, each with one logical partition relative to itself and one link relative to the
 * extended partition).
 */
#ifndef HVGEN2_CONVERT_TABLE_MBR_H
#define HVGEN2_CONVERT_TABLE_MBR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"

#define MBR_MAX_PARTITIONS 124 /* a GPT of 128 entries less the ones a conversion adds */

/* Where the table stands in the first sector (UEFI 2.10 table 5.1); an EBR has the same shape. */
#define MBR_SIZE	     512
#define MBR_SIGNATURE_OFFSET 440
#define MBR_ENTRIES_OFFSET   446
#define MBR_ENTRIES	     4
#define MBR_ENTRY_SIZE	     16
#define MBR_MAGIC_OFFSET     510
#define MBR_MAGIC	     0xaa55

/* Fields of an entry. */
#define MBR_ENTRY_STATUS    0
#define MBR_ENTRY_CHS_FIRST 1
#define MBR_ENTRY_TYPE	    4
#define MBR_ENTRY_CHS_LAST  5
#define MBR_ENTRY_START	    8
#define MBR_ENTRY_SECTORS   12

#define MBR_TYPE_LDM	    0x42 /* dynamic disk */
#define MBR_TYPE_RECOVERY   0x27 /* Windows RE, hidden NTFS */
#define MBR_TYPE_PROTECTIVE 0xee /* the disk is GPT */

struct mbr_partition {
	unsigned int number; /* as Linux and Windows count: 1-4 primary slot, 5 and up logical */
	uint8_t type;
	bool active;
	bool logical;
	uint64_t start_lba; /* logical sectors from the start of the disk */
	uint64_t sectors;   /* not 0 */
};

struct mbr {
	uint32_t signature; /* offset 440 of the sector */
	struct mbr_partition
		partitions[MBR_MAX_PARTITIONS]; /* by start_lba; no extended ones; no overlaps */
	size_t count;
};

/*
 * Read and check the table. Errors: REFUSAL_NO_PARTITION_TABLE (no 55AA, or a boot sector of a file
 * system, or no partition), REFUSAL_ALREADY_GPT, REFUSAL_DYNAMIC_DISK; ERROR_DAMAGED for overlaps,
 * partitions beyond the end of the disk, EBR loops and bad EBRs, each with its sector numbers;
 * REFUSAL_LAYOUT_IMPOSSIBLE for more than MBR_MAX_PARTITIONS. Entries without sectors are empty, as
 * Windows and Linux take them; an extended partition that starts with a sector of zeros is empty
 * too.
 */
int mbr_read(struct disk *disk, struct mbr *ret, struct error *err);

/* "NTFS/exFAT", "Windows RE", ... or "type 0x.." */
const char *mbr_type_text(uint8_t type, char buffer[16]);

#endif
