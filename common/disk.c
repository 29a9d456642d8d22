/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Range checks in front of every disk implementation, and the window onto a part of a disk. */
#include "common/disk.h"

#include <errno.h>
#include <inttypes.h>

#include "common/checked.h"

int disk_read(struct disk *disk, void *buffer, size_t length, uint64_t offset, struct error *err)
{
	if (!range_within(offset, length, disk->size))
		return error_damaged(err,
				     "'%s': %zu bytes at offset %" PRIu64
				     " are needed, but the disk ends at %" PRIu64,
				     disk->name, length, offset, disk->size);
	return length ? disk->ops->read(disk, buffer, length, offset, err) : 0;
}

int disk_write(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
	       struct error *err)
{
	if (!disk->ops->write)
		return error_failed(err, EROFS, "'%s': the disk is read-only", disk->name);
	if (!range_within(offset, length, disk->size))
		return error_failed(err, EINVAL,
				    "'%s': %zu bytes written at offset %" PRIu64
				    ", but the disk ends at %" PRIu64,
				    disk->name, length, offset, disk->size);
	return length ? disk->ops->write(disk, buffer, length, offset, err) : 0;
}

int disk_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret, struct error *err)
{
	if (offset >= disk->size)
		return error_failed(err, EINVAL,
				    "'%s': no extent at offset %" PRIu64 " of %" PRIu64, disk->name,
				    offset, disk->size);
	return disk->ops->extent(disk, offset, ret, err);
}

void disk_close(struct disk *disk)
{
	if (disk)
		disk->ops->close(disk);
}

void disk_cleanup(struct disk **disk)
{
	disk_close(*disk);
	*disk = NULL;
}

static int window_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	struct disk_window *window = (struct disk_window *)disk;

	return disk_read(window->base, buffer, length, window->offset + offset, err);
}

static int window_write(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
			struct error *err)
{
	struct disk_window *window = (struct disk_window *)disk;

	return disk_write(window->base, buffer, length, window->offset + offset, err);
}

static int window_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret,
			 struct error *err)
{
	struct disk_window *window = (struct disk_window *)disk;
	int r = disk_extent(window->base, window->offset + offset, ret, err);

	if (r == 0)
		ret->length = min_u64(ret->length, disk->size - offset);
	return r;
}

static void window_close(struct disk *disk)
{
	(void)disk;
}

static const struct disk_ops window_ops = {
	.read = window_read,
	.write = window_write,
	.extent = window_extent,
	.close = window_close,
};

int disk_window_init(struct disk_window *window, struct disk *base, uint64_t offset,
		     uint64_t length, struct error *err)
{
	if (!range_within(offset, length, base->size))
		return error_failed(err, EINVAL,
				    "'%s': bytes %" PRIu64 " + %" PRIu64
				    " are not within the disk of %" PRIu64,
				    base->name, offset, length, base->size);
	*window = (struct disk_window){
		.disk = {.ops = &window_ops,
			 .name = base->name,
			 .size = length,
			 .sector_size = base->sector_size},
		.base = base,
		.offset = offset,
	};
	return 0;
}
