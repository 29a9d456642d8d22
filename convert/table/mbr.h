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

/* What helps where no entry may be left out. A tool is named with a raw copy only: an image file has
 * its own bytes where a disk has its tables. */
#define MBR_REPAIR                                                                                 \
	"repair the table on a raw copy (qemu-img convert -O raw, then sfdisk or testdisk) and "   \
	"convert that, or take the disk from a backup"

/* A table with more bad entries than this is no table. */
#define MBR_MAX_LEFT_OUT 64

struct mbr_partition {
	unsigned int number; /* as Linux and Windows count: 1-4 primary slot, 5 and up logical */
	uint8_t type;
	bool active;
	bool logical;
	uint64_t start_lba; /* logical sectors from the start of the disk */
	uint64_t sectors;   /* not 0 */
};

/* An entry that cannot stand beside the others. */
struct mbr_left_out {
	struct mbr_partition partition; /* number 0 for none of its own; may lie beyond the disk;
					   sectors may be 0, for an entry that nobody uses */
	bool is_extended;		/* its logicals are judged by themselves */
	char problem[256];		/* "partition 3 (sectors A to B) overlaps ..." */
};

struct mbr {
	uint32_t signature; /* offset 440 of the sector */
	struct mbr_partition
		partitions[MBR_MAX_PARTITIONS]; /* by start_lba; no extended ones; no overlaps */
	size_t count;
	struct mbr_left_out left_out[MBR_MAX_LEFT_OUT]; /* in the order of the table */
	size_t left_out_count;
	unsigned int empty_extended; /* bit N: partition N, which starts with a sector of zeros */
	struct stale_gpt stale_gpt;
};

/*
 * Read and check the table. Entries without sectors are empty, as Windows and Linux take them; an
 * extended partition that starts with a sector of zeros is empty too. Left out, for the caller to
 * judge: what lies beyond the end of the disk, of two that overlap the one that comes later in the
 * table, a primary whose status is neither 0x00 nor 0x80, the third and fourth entry of an EBR, and
 * where a chain of EBRs cannot go on, what comes after.
 *
 * Errors: those of label_check(); REFUSAL_NO_PARTITION_TABLE for a table without entries,
 * REFUSAL_DYNAMIC_DISK; REFUSAL_LAYOUT_IMPOSSIBLE for more than MBR_MAX_PARTITIONS; ERROR_DAMAGED
 * for a chain of EBRs that comes back to itself, and for a table of which nothing is sound.
 */
int mbr_read(struct disk *disk, struct mbr *ret, struct error *err);

/* Warn of a GPT that is left over, and of extended partitions that are or were emptied. */
void mbr_warn(const struct mbr *mbr, struct note_list *warnings);

/* "NTFS/exFAT", "Windows RE", ... or "type 0x.." */
const char *mbr_type_text(uint8_t type, char buffer[16]);

#endif
