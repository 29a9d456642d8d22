/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A virtual disk as seen by its user: bytes at offsets, and a block map that says where the bytes
 * come from. Implemented by the image readers of vhd/, by the change set of convert/ and by
 * disk_window; consumed by the file systems, the partition table code and the image writers.
 *
 * Offsets and lengths are bytes; any alignment is allowed. One disk must not be used by two threads
 * at once.
 */
#ifndef HVGEN2_COMMON_DISK_H
#define HVGEN2_COMMON_DISK_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum disk_extent_kind {
	DISK_HOLE,   /* never written: reads as zeros */
	DISK_ZERO,   /* known to be zero: reads as zeros */
	DISK_DATA,   /* the bytes stand in a host file, at (fd, file_offset), one to one */
	DISK_MEMORY, /* the bytes can only be had by disk_read() */
};

struct disk_extent {
	enum disk_extent_kind kind;
	uint64_t length; /* from the offset asked for; never 0, never past the end of the disk */
	int fd;		 /* DISK_DATA: open for reading as long as the disk is; else -1 */
	uint64_t file_offset; /* DISK_DATA */
};

struct disk;

struct disk_ops {
	/* Fill 'buffer' whole. The range has been checked. */
	int (*read)(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		    struct error *err);
	/* Write 'buffer' whole; NULL for a disk that is read-only. The range has been checked. */
	int (*write)(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
		     struct error *err);
	/* The extent at 'offset' (< size). It may be shorter than possible: neighbours can be of
	 * one kind. */
	int (*extent)(struct disk *disk, uint64_t offset, struct disk_extent *ret,
		      struct error *err);
	/* Release all that belongs to the disk, the disk itself too when it was allocated. */
	void (*close)(struct disk *disk);
};

struct disk {
	const struct disk_ops *ops;
	const char *name;     /* for messages: the path of the image; lives as long as the disk */
	uint64_t size;	      /* bytes, a multiple of sector_size */
	uint32_t sector_size; /* logical sector: 512 or 4096 */
};

/* Read [offset, offset + length). A range beyond the end is ERROR_DAMAGED: some structure on the
 * disk asked for it. */
int disk_read(struct disk *disk, void *buffer, size_t length, uint64_t offset, struct error *err);

/* Write [offset, offset + length). A range beyond the end or a read-only disk is ERROR_FAILED with
 * EINVAL or EROFS. */
int disk_write(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
	       struct error *err);

/* The extent at 'offset'; -EINVAL when 'offset' is not within the disk. */
int disk_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret, struct error *err);

/* Close; NULL is allowed. */
void disk_close(struct disk *disk);
void disk_cleanup(struct disk **disk);
#define CLEANUP_DISK CLEANUP(disk_cleanup)

/*
 * A part of another disk, such as a partition. Borrows 'base', which must outlive it, and its name.
 * The range must lie within the base (else -EINVAL). To be embedded; nothing to release.
 */
struct disk_window {
	struct disk disk;
	struct disk *base;
	uint64_t offset;
};

int disk_window_init(struct disk_window *window, struct disk *base, uint64_t offset,
		     uint64_t length, struct error *err);

#endif
