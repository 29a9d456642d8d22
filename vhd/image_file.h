/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One image file of a chain, below all formats: the open file, and what a format's reader makes of
 * it, a block map whose extents stand in this file, are zero, or must be asked of the parent.
 * Internal to vhd/.
 */
#ifndef HVGEN2_VHD_IMAGE_FILE_H
#define HVGEN2_VHD_IMAGE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/error.h"
#include "common/guid.h"
#include "vhd/findings.h"
#include "vhd/overlay.h"
#include "vhd/vhd.h"

/* A file open for reading, seen through the pages of its log when there is one to replay. */
struct image_file {
	int fd;
	char *path;
	bool is_block_device;
	struct timespec modified, changed; /* when it was opened */
	uint64_t size;			   /* with what a replayed log appends */
	uint64_t stored_size;		   /* of the file itself */
	struct overlay overlay;
};

/*
 * Open a regular file or a block device for reading; closed with image_file_close(). It is locked
 * against writers where it can be (file_lock.h). *ret is left alone on failure. Errors:
 * REFUSAL_NOT_A_DISK_IMAGE for anything else, REFUSAL_IN_USE, ERROR_FAILED for I/O.
 */
int image_file_open(const char *path, struct image_file *ret, struct error *err);

/*
 * The same for a name that nobody on this host gave: a regular file 'name', without slashes, of the
 * open folder. No symbolic link is followed and no device opened. 'path' is what it is called in
 * messages. Also REFUSAL_PARENT_MISSING, for what stands under the name and is no regular file.
 * Returns -ENOENT, and then leaves *err alone, when nothing does.
 */
int image_file_open_in(int folder, const char *name, const char *path, struct image_file *ret,
		       struct error *err);

/* The same open file once more, with its own end and without what a log has changed in it. */
int image_file_again(const struct image_file *file, struct image_file *ret, struct error *err);

/* ERROR_FAILED when size or times of the file are no longer those of its opening. Of block devices
 * nothing is known. */
int image_file_check_unchanged(const struct image_file *file, struct error *err);

void image_file_close(struct image_file *file);

/* Read 'length' bytes at 'offset' whole. Bytes past the end: ERROR_DAMAGED. */
int image_file_read(const struct image_file *file, void *buffer, size_t length, uint64_t offset,
		    struct error *err);

enum image_kind {
	IMAGE_HOLE,   /* never written */
	IMAGE_ZERO,   /* zero, whatever the parent says */
	IMAGE_DATA,   /* in the file at file_offset */
	IMAGE_MEMORY, /* at file_offset, but part of it in the overlay: only image_file_read() gives
			 the bytes */
	IMAGE_PARENT, /* the same offset of the parent; zero past its end */
};

struct image_extent {
	enum image_kind kind;
	uint64_t length;
	uint64_t file_offset; /* IMAGE_DATA and IMAGE_MEMORY */
};

/* How a child names its parent. Strings are UTF-8 with backslashes as found, NULL when absent. */
struct parent_reference {
	struct guid linkage[2]; /* acceptable ids of the parent: DataWriteGuid (VHDX) or unique id
				   (VHD) */
	size_t linkage_count;
	char *relative;
	char *absolute;
	char *volume; /* VHDX: \\?\Volume{...}\path */
};

void parent_reference_done(struct parent_reference *reference);

struct image;

struct image_ops {
	/*
	 * The extent at 'offset'. At most 'length' bytes are of interest to the caller (never 0,
	 * within the disk); the extent may be shorter and never longer.
	 */
	int (*lookup)(struct image *image, uint64_t offset, uint64_t length,
		      struct image_extent *ret, struct error *err);
	/* Release what the format allocated, the image itself too; the file has been closed by the
	 * caller. */
	void (*free)(struct image *image);
};

struct image {
	const struct image_ops *ops;
	struct image_file file;
	struct vhd_info info;
	struct parent_reference parent; /* differencing only */
	struct findings findings;	/* of opening it */
};

/* Close; NULL is allowed. */
void image_close(struct image *image);
void image_cleanup(struct image **image);
#define CLEANUP_IMAGE CLEANUP(image_cleanup)

#endif
