/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file systems' own records of the files that were edited. */
#ifndef HVGEN2_CONVERT_METAFILES_H
#define HVGEN2_CONVERT_METAFILES_H

#include "convert/edit.h"
#include "convert/plan.h"
#include "convert/survey.h"

/*
 * List the files of NTFS' own, such as $MFT and $Bitmap, in which bytes of 'target' differ from
 * those of 'source', for each volume of which a file has been edited, once. Errors: those of
 * mounting; I/O.
 */
int metafiles_list(struct disk *source, const struct survey *survey, const struct plan *plan,
		   struct disk *target, struct edits *edits, struct error *err);

#endif
