/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that the Windows Overlay Filter compresses ("Compact OS"). Their unnamed stream reads as
 * zeros; the contents stand in another one, in chunks that libwim decompresses.
 */
#ifndef HVGEN2_CONVERT_VERIFY_NTFS_WOF_H
#define HVGEN2_CONVERT_VERIFY_NTFS_WOF_H

#include "convert/verify/ntfs/device.h"

struct verify_wof;

/*
 * Open the contents of 'inode', which has a reparse point and 'size' (< 4 GiB) bytes. Borrows
 * everything; to be released before the inode. ERROR_DAMAGED when the reparse point is no WOF one
 * or the contents are not in the file.
 */
int verify_wof_open(const struct verify_ntfs_volume *volume, ntfs_inode *inode, uint64_t size,
		    const char *path, struct verify_wof **ret, struct error *err);
void verify_wof_close(struct verify_wof **wof);
#define CLEANUP_VERIFY_WOF CLEANUP(verify_wof_close)

/*
 * The contents at 'offset' (< size, a multiple of the chunk size: ask from 0 on, each time behind
 * what came). *ret_bytes belongs to 'wof' and lives until the next call.
 */
int verify_wof_read(struct verify_wof *wof, uint64_t offset, const uint8_t **ret_bytes,
		    size_t *ret_length, struct error *err);

#endif
