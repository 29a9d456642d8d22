/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot sectors of the volumes that are kept: where they say that the volume starts. */
#ifndef HVGEN2_CONVERT_BOOT_SECTORS_H
#define HVGEN2_CONVERT_BOOT_SECTORS_H

#include "convert/edit.h"
#include "convert/plan.h"
#include "convert/survey.h"

/* What is odd about the boot sectors of an NTFS volume, in the source and so in the result. */
enum {
	BOOT_SECTORS_BACKUP = 1, /* the second one is no copy of the first, or is missing */
	BOOT_SECTORS_SIZE = 2,	 /* the file system has sectors of another size than the disk */
};

/* Per partition of the plan, by its index: bits of the enum above. */
struct boot_sectors {
	unsigned int oddities[GPT_MAX_PARTITIONS];
};

/*
 * Write the number of hidden sectors into both boot sectors of every NTFS and FAT volume that the
 * plan keeps, where they hold another one, and list that. It is done in every layout: a volume that
 * does not move may come from a clone, or from a logical partition, whose number was counted from
 * somewhere else. A second boot sector that is no copy of the first is not ours to repair: it is
 * warned about, and noted in *ret. Errors: I/O.
 */
int boot_sectors_move(const struct survey *survey, const struct plan *plan, struct disk *target,
		      struct edits *edits, struct boot_sectors *ret, struct error *err);

#endif
