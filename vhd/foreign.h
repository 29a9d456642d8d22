/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are no disk image of ours, by name: what they are and how to make one of them. Internal
 * to vhd/. */
#ifndef HVGEN2_VHD_FOREIGN_H
#define HVGEN2_VHD_FOREIGN_H

#include "common/error.h"
#include "vhd/image_file.h"

struct foreign {
	const char *what;   /* "is a qcow2 image" */
	const char *advice; /* the command that helps, as error_refused() takes it */
};

/* What the file is by its first sector, which no disk begins like; *ret is NULL when it is none of
 * those. Fails only when it cannot be read. */
int foreign_recognise(const struct image_file *file, const struct foreign **ret, struct error *err);

/* The same by marks that a disk may have as well: for files that are no disk. */
int foreign_guess(const struct image_file *file, const struct foreign **ret, struct error *err);

#endif
