/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a path to what stands there. For this room alone. */
#ifndef HVGEN2_CONVERT_VERIFY_NTFS_FIND_H
#define HVGEN2_CONVERT_VERIFY_NTFS_FIND_H

#include <stdbool.h>

#include "convert/verify/ntfs/device.h"

/*
 * The inode of 'path' (UTF-8 with backslashes or slashes, from the root, regardless of case), to be
 * closed. -ENOENT with ERROR_FAILED when there is none; *err is filled in any case.
 */
int verify_ntfs_find(const struct verify_ntfs_volume *volume, const char *path, ntfs_inode **ret,
		     struct error *err);

bool verify_ntfs_is_folder(const ntfs_inode *inode);

#endif
