/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log of an XFS file system, as far as to see whether it was closed. */
#ifndef HVGEN2_CONVERT_LINUX_FILES_XFS_LOG_H
#define HVGEN2_CONVERT_LINUX_FILES_XFS_LOG_H

#include <stdbool.h>

#include "common/disk.h"

#define XFS_LOG_SUPER 256 /* bytes of the superblock that are looked at */

/*
 * Is there something in the log that is to be replayed? It is when the last record does not say that
 * the file system was unmounted. False where that cannot be told: the log is on another device, or
 * does not lie within 'disk'. 'super' is the superblock. Errors: I/O.
 */
int xfs_log_is_dirty(struct disk *disk, const uint8_t super[XFS_LOG_SUPER], bool *ret,
		     struct error *err);

#endif
