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
#include "common/notes.h"
#include "convert/table/label.h"
#include "convert/table/mbr_format.h"

#define MBR_MAX_PARTITIONS 124 /* a GPT of 128 entries less the ones a conversion adds */

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
	struct stale_gpt stale_gpt;
};

/*
 * Read and check the table. Entries without sectors are empty, as Windows and Linux take them; an
 * extended partition that starts with a sector of zeros is empty too. Errors: those of
 * label_check(); REFUSAL_NO_PARTITION_TABLE for a table without entries, REFUSAL_DYNAMIC_DISK;
 * ERROR_DAMAGED for overlaps, partitions beyond the end of the disk, EBR loops and bad EBRs, each
 * with its sector numbers; REFUSAL_LAYOUT_IMPOSSIBLE for more than MBR_MAX_PARTITIONS.
 */
int mbr_read(struct disk *disk, struct mbr *ret, struct error *err);

/* Warn of a GPT that is left over. */
void mbr_warn(const struct mbr *mbr, struct note_list *warnings);

/* "NTFS/exFAT", "Windows RE", ... or "type 0x.." */
const char *mbr_type_text(uint8_t type, char buffer[16]);

#endif
