/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file systems behind files.h. */
#ifndef HVGEN2_CONVERT_FILES_KINDS_H
#define HVGEN2_CONVERT_FILES_KINDS_H

#include "convert/files/files.h"

/* As files_open_at(), of a volume with that file system. */
int files_open_ntfs(struct disk *disk, const struct volume_place *place, struct files **ret,
		    struct error *err);
int files_open_fat(struct disk *disk, const struct volume_place *place, struct files **ret,
		   struct error *err);

#endif
