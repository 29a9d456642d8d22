/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk copied into a file as it is, from front to end: raw images, and fixed VHDs but for their
 * footer. Internal to vhd/. */
#ifndef HVGEN2_VHD_FLAT_H
#define HVGEN2_VHD_FLAT_H

#include "common/disk.h"
#include "vhd/vhd.h"

/*
 * Copy all of 'contents' to the same offsets of the empty file 'fd', whose name is for messages,
 * and give that the size of the disk. Zeros become holes. Errors: those of reading 'contents';
 * ERROR_FAILED.
 */
int flat_write(int fd, const char *name, struct disk *contents, const struct vhd_progress *progress,
	       struct error *err);

#endif
