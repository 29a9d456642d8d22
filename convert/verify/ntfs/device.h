/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The lowest part of the NTFS reader of 'verify': libntfs-3g on a partition, read-only. What it
 * reads is rationed, and what goes wrong becomes one error. For this room alone.
 */
#ifndef HVGEN2_CONVERT_VERIFY_NTFS_DEVICE_H
#define HVGEN2_CONVERT_VERIFY_NTFS_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"
#include "convert/verify/ntfs/ntfs3g.h"

struct verify_ntfs_volume {
	ntfs_volume *ntfs; /* NULL: not mounted */
	struct disk_window window;
	uint64_t budget;	 /* bytes that may still be read, see device.c */
	struct error disk_error; /* the first one of the disk, or that the budget is used up */
};

/* Mount what 'volume->window' shows. The volume must not move in memory before the unmounting. */
int verify_ntfs_mount(struct verify_ntfs_volume *volume, struct error *err);
void verify_ntfs_unmount(struct verify_ntfs_volume *volume);

/* Let the library read a file of 'size' (< 4 GiB) bytes. */
void verify_ntfs_grant(struct verify_ntfs_volume *volume, uint64_t size);

/* Forget what the library complained about so far: a new operation begins. */
void verify_ntfs_forget(void);

/*
 * The error for a call of the library that has just failed: the words of 'format', a colon, and the
 * reason, which is the error of the disk, else what the library complained about, else errno.
 * ERROR_DAMAGED, unless memory or the disk failed. Returns its negative errno.
 */
int verify_ntfs_fail(const struct verify_ntfs_volume *volume, struct error *err, const char *format,
		     ...) PRINTF_LIKE(3, 4);

/* Part of a stream. Fewer bytes than 'length' are an error. */
struct verify_ntfs_range {
	ntfs_attr *stream;
	const char *path; /* for messages */
	uint64_t offset;
	size_t length;
};
int verify_ntfs_read_range(const struct verify_ntfs_volume *volume,
			   const struct verify_ntfs_range *range, void *buffer, struct error *err);

/* Scoped clean-up for what the library opens. */
void verify_ntfs_close_inode(ntfs_inode **inode);
void verify_ntfs_close_stream(ntfs_attr **stream);
#define CLEANUP_INODE  CLEANUP(verify_ntfs_close_inode)
#define CLEANUP_STREAM CLEANUP(verify_ntfs_close_stream)

#endif
