/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot sectors of volumes whose partitions move. */
#ifndef HVGEN2_CONVERT_BOOT_SECTORS_H
#define HVGEN2_CONVERT_BOOT_SECTORS_H

#include "convert/edit.h"
#include "convert/plan.h"
#include "convert/survey.h"

/*
 * Write the new number of hidden sectors into both boot sectors of every NTFS and FAT volume that
 * the plan moves, where they hold another one, and list that. Errors: I/O.
 */
int boot_sectors_move(const struct survey *survey, const struct plan *plan, struct disk *target,
		      struct edits *edits, struct error *err);

#endif
