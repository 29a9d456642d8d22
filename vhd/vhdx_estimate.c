/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The space that a VHDX will take, told before it is written. */
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "vhd/io.h"
#include "vhd/vhdx_format.h"
#include "vhd/vhdx_write_blocks.h"
#include "vhd/vhdx_writer.h"

#define PAGE 4096
/* Identifier, headers, region tables, metadata. */
#define STRUCTURES MIB

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

/* Does copy_file_range() from 'from' to 'to' share blocks? Only whole blocks at multiples of the
 * block size can be. */
static bool is_shared(int from, int to, uint64_t file_offset)
{
	struct stat a, b;
	struct statfs fs;

	return file_offset % PAGE == 0 && fstat(from, &a) == 0 && fstat(to, &b) == 0 &&
	       a.st_dev == b.st_dev && fstatfs(to, &fs) == 0 &&
	       (fs.f_type == XFS_SUPER_MAGIC || fs.f_type == BTRFS_SUPER_MAGIC);
}

/* Bytes of the source file in [offset, offset + length) that are no holes. */
static int count_stored(int fd, uint64_t offset, uint64_t length, uint64_t *count)
{
	uint64_t end = offset + length, start, stop;

	while (offset < end) {
		int r = io_find_data(fd, offset, end, &start, &stop);

		if (r < 0)
			return r;
		*count += stop - start;
		offset = start == end ? end : stop;
	}
	return 0;
}

static int count_piece(const struct vhdx_writer *w, const struct piece *piece, uint64_t *count)
{
	const struct disk_extent *extent = &piece->extent;

	if (piece->is_same || piece_is_empty(piece))
		return 0;
	*count += 2 * (uint64_t)PAGE; /* of the BAT and of a bitmap */
	if (extent->kind == DISK_MEMORY) {
		*count += extent->length;
		return 0;
	}
	if (is_shared(extent->fd, w->copy.fd, extent->file_offset))
		return 0;
	return count_stored(extent->fd, extent->file_offset, extent->length, count);
}

/* The blocks that are not wholly the parent's. */
static uint64_t count_behind(const struct vhdx_writer *w)
{
	return w->geometry.blocks - w->parent->size / w->spec->block_size;
}

int vhdx_estimate(int fd, const struct vhdx_spec *spec, struct disk *contents, uint64_t *ret_bytes,
		  struct error *err)
{
	struct vhdx_writer w;
	uint64_t offset = 0, count = STRUCTURES;
	int r = vhdx_writer_init(&w, fd, contents->name, spec, contents, err);

	while (offset < contents->size && r == 0) {
		struct piece piece;

		r = vhdx_next_piece(&w, offset, contents->size, &piece);
		if (r < 0)
			return r;
		r = count_piece(&w, &piece, &count);
		if (r < 0)
			return error_failed(err, -r, "'%s': cannot look for holes: %s",
					    contents->name, strerror(-r));
		offset += piece.extent.length;
	}
	if (r < 0)
		return r;
	if (spec->type == VHD_TYPE_FIXED)
		count += w.bat_length;
	if (w.parent) /* the BAT entries of all bitmaps, and of the blocks behind the parent's end */
		count += min_u64(w.bat_length, w.geometry.chunks * PAGE +
						       count_behind(&w) * VHDX_BAT_ENTRY_SIZE) +
			 2 * (uint64_t)PAGE;
	*ret_bytes = count;
	return 0;
}
