/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of this room share. Every call into libntfs-3g stands between volume_begin() and,
 * when it fails, volume_fail(), which turns errno, the library's own words and the error of the
 * disk below it into one error.
 */
#ifndef HVGEN2_CONVERT_NTFS_INTERNAL_H
#define HVGEN2_CONVERT_NTFS_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/cleanup.h"
#include "convert/ntfs/ntfs3g.h"
#include "convert/ntfs/volume.h"

/*
 * Reads that one operation may ask of the disk, before what its size calls for, and those of all
 * operations on a mounted volume. An index whose nodes point at each other keeps libntfs-3g in a
 * loop for ever; every turn reads a node, so a limit on reads ends it. Looking at a whole Windows
 * takes some thousand.
 */
#define VOLUME_BASE_READS  UINT64_C(65536)
#define VOLUME_TOTAL_READS UINT64_C(2097152)

/* The longest single read the library has reason for: $AttrDef of 16 MiB. */
#define VOLUME_MAX_READ (UINT64_C(16) << 20)

/* A 'struct ntfs_device' on a 'struct disk'. */
struct volume_device {
	struct disk *disk;
	uint64_t position;     /* of seek and read */
	uint64_t reads;	       /* since mounting */
	uint64_t reads_op_max; /* what 'reads' may reach in this operation */
	uint64_t reads_max;    /* and ever */
	struct error error;    /* the first failure of the disk since volume_begin() */
};

struct volume {
	ntfs_volume *ntfs;
	struct disk_window window; /* what 'device' reads and writes */
	struct volume_device device;
};

/* A device that is not open yet; borrows 'device'. NULL when out of memory. */
struct ntfs_device *volume_device_new(struct volume_device *device);

/*
 * Start an operation that has to move about 'size' bytes: forget old errors and words, grant reads.
 */
void volume_begin(struct volume *volume, uint64_t size);

/*
 * Fill *err for an operation on 'path' ("" = the volume) that failed with the errno 'code' while
 * 'doing' ("read"). Returns the negative errno.
 */
int volume_fail(struct volume *volume, const char *path, int code, const char *doing,
		struct error *err);

/* The inode of 'path'; close with ntfs_inode_close(). Errors as volume_stat(). */
int volume_lookup(struct volume *volume, const char *path, ntfs_inode **ret, struct error *err);

/*
 * Checks of sizes before the library uses them; ERROR_DAMAGED. The boot sector before mounting, the
 * index of a folder before finding or listing anything in it, the journal before looking at its
 * state.
 */
int volume_guard_boot_sector(struct disk *disk, struct error *err);
int volume_guard_index(struct volume *volume, ntfs_inode *folder, const char *path,
		       struct error *err);
int volume_guard_journal(struct volume *volume, ntfs_attr *journal, struct error *err);

/* NTFS time (100 ns since 1601) to seconds since 1970. */
int64_t volume_unix_time(ntfs_time time);

/* Scoped clean-up for the objects of the library. */
void volume_inode_cleanup(ntfs_inode **inode);
void volume_attr_cleanup(ntfs_attr **attr);
#define CLEANUP_INODE CLEANUP(volume_inode_cleanup)
#define CLEANUP_ATTR  CLEANUP(volume_attr_cleanup)

/*
 * The reparse tag of an inode and its data: at most REPARSE_MAX bytes with the header of 8 bytes.
 */
#define REPARSE_MAX 16384
struct volume_reparse {
	uint32_t tag; /* 0: no reparse point */
	size_t size;
	uint8_t bytes[REPARSE_MAX];
};

/*
 * Open the unnamed stream of a file whose contents are in the volume: its own, or WOF-compressed
 * ones (*reparse says so). Close both. Errors as volume_read_file().
 */
int volume_open_data(struct volume *volume, const char *path, ntfs_inode **ret_inode,
		     ntfs_attr **ret_data, struct volume_reparse *ret_reparse, struct error *err);

/* Read 'length' bytes at 'offset'; fewer are an error. */
int volume_read_attr(struct volume *volume, ntfs_attr *attr, const char *path, void *buffer,
		     size_t length, uint64_t offset, struct error *err);

int volume_reparse(struct volume *volume, ntfs_inode *inode, const char *path,
		   struct volume_reparse *ret, struct error *err);

#endif
