/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moving bytes from a disk into a file.
 *
 * Bytes that stand in a file go from file to file, the first way that works:
 *
 *   shared     XFS and Btrfs let both files have the same blocks, and nothing is copied
 *   direct     the device takes them from the page cache (direct.h): ext4 and XFS
 *   kernel     copy_file_range(): at least they do not pass through this process
 *   by hand    read and written
 */
#include "vhd/copy.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "vhd/direct.h"
#include "vhd/io.h"

#define PROBES	   16
#define PROBE_SIZE 512

/* What is copied at once: larger, it would be long silent. */
#define STEP (16 * MIB)

int copy_failed(const struct copy *copy, int code, struct error *err)
{
	return error_failed(err, code, "'%s': cannot write: %s", copy->name, strerror(code));
}

/* Let the kernel copy as much as it will. Returns the number of bytes, or a negative errno of the
 * output. */
static int64_t copy_by_kernel(int from, uint64_t from_offset, int to, uint64_t to_offset,
			      uint64_t length)
{
	off_t in = (off_t)from_offset, out = (off_t)to_offset;
	uint64_t done = 0;

	while (done < length) {
		ssize_t n = copy_file_range(from, &in, to, &out, length - done, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
			return -errno;
		if (n <= 0) /* whatever it is, reading and writing will do it or tell */
			break;
		done += (uint64_t)n;
	}
	return (int64_t)done;
}

/* Read through the disk and write what is not zero. */
static int copy_by_hand(const struct copy *copy, uint64_t offset, uint64_t length, uint64_t to,
			struct error *err)
{
	while (length > 0) {
		size_t n = (size_t)min_u64(length, COPY_BUFFER);
		int r = disk_read(copy->disk, copy->buffer, n, offset, err);

		if (r < 0)
			return r;
		if (!is_zero(copy->buffer, n)) {
			r = io_write(copy->fd, copy->buffer, n, to);
			if (r < 0)
				return copy_failed(copy, -r, err);
		}
		offset += n;
		to += n;
		length -= n;
	}
	return 0;
}

/* Bring whole pages from file to file, shared or direct. Returns like copy_by_kernel(). */
static int64_t copy_pages(int from, uint64_t from_offset, int to, uint64_t to_offset,
			  uint64_t length)
{
	struct file_clone_range range = {from, from_offset, round_down(length, DIRECT_PAGE),
					 to_offset};

	if (range.src_length == 0) /* which would mean up to the end of the file */
		return 0;
	if (ioctl(to, FICLONERANGE, &range) == 0)
		return (int64_t)range.src_length;
	return direct_copy(from, from_offset, to, to_offset, range.src_length);
}

/* Bring as much as possible from file to file. Returns like copy_by_kernel(). */
static int64_t copy_by_file(int from, uint64_t from_offset, int to, uint64_t to_offset,
			    uint64_t length)
{
	int64_t pages = copy_pages(from, from_offset, to, to_offset, length), rest;

	if (pages < 0)
		return pages;
	rest = copy_by_kernel(from, from_offset + (uint64_t)pages, to, to_offset + (uint64_t)pages,
			      length - (uint64_t)pages);
	return rest < 0 ? rest : pages + rest;
}

static int copy_step(struct copy *copy, const struct copy_pending *p, struct error *err)
{
	int64_t done = copy_by_file(p->fd, p->from, copy->fd, p->to, p->length);
	int r;

	if (done < 0)
		return copy_failed(copy, (int)-done, err);
	r = copy_by_hand(copy, p->offset + (uint64_t)done, p->length - (uint64_t)done,
			 p->to + (uint64_t)done, err);
	if (r < 0)
		return r;
	r = write_behind(&copy->behind, p->to + p->length);
	return r < 0 ? copy_failed(copy, -r, err) : 0;
}

void copy_tell(const struct copy *copy, uint64_t offset)
{
	uint64_t done = copy->pending.length ? min_u64(copy->pending.offset, offset) : offset;

	if (copy->progress)
		copy->progress->update(copy->progress->opaque, done, copy->disk->size);
}

int copy_finish(struct copy *copy, struct error *err)
{
	struct copy_pending p = copy->pending;
	uint64_t left = p.length;
	int r = 0;

	for (copy->pending.length = 0; r == 0 && left > 0; left -= p.length) {
		p.length = min_u64(left, STEP);
		r = copy_step(copy, &p, err);
		p.offset += p.length;
		p.from += p.length;
		p.to += p.length;
		if (r == 0)
			copy_tell(copy, p.offset);
	}
	return r;
}

/* Does 'next' go on where 'p' ends? What starts within a block stays alone, as it may be possible
 * neither to share nor to write it directly. */
static bool follows_pending(const struct copy_pending *p, const struct copy_pending *next)
{
	return p->length > 0 && p->length < DIRECT_WINDOW && p->to % MIB == 0 &&
	       next->offset == p->offset + p->length && next->fd == p->fd &&
	       next->from == p->from + p->length && next->to == p->to + p->length;
}

/* One run of data of a source file. */
static int copy_data(struct copy *copy, const struct copy_pending *data, struct error *err)
{
	if (follows_pending(&copy->pending, data)) {
		copy->pending.length += data->length;
	} else {
		int r = copy_finish(copy, err);

		if (r < 0)
			return r;
		copy->pending = *data;
	}
	return 0;
}

int copy_find_data(struct copy_run *run, int fd, uint64_t at, uint64_t end, uint64_t *ret_start,
		   uint64_t *ret_end)
{
	if (fd != run->fd || at < run->from || at >= run->end) {
		int r = io_find_data(fd, at, INT64_MAX, &run->start, &run->end);

		if (r < 0)
			return r;
		run->fd = fd;
		run->from = at;
	}
	*ret_start = min_u64(max_u64(at, run->start), end);
	*ret_end = min_u64(run->end, end);
	return 0;
}

static int find_data(struct copy *copy, int fd, uint64_t at, uint64_t end, uint64_t *ret_start,
		     uint64_t *ret_end, struct error *err)
{
	int r = copy_find_data(&copy->run, fd, at, end, ret_start, ret_end);

	return r < 0 ? error_failed(err, -r,
				    "'%s': cannot look for holes at offset %" PRIu64 ": %s",
				    copy->disk->name, at, strerror(-r))
		     : 0;
}

int copy_extent(struct copy *copy, uint64_t offset, const struct disk_extent *extent, uint64_t to,
		struct error *err)
{
	uint64_t at = extent->file_offset, end = at + extent->length, skip;
	int r;

	if (extent->kind == DISK_HOLE || extent->kind == DISK_ZERO)
		return 0;
	if (extent->kind == DISK_MEMORY)
		return copy_by_hand(copy, offset, extent->length, to, err);
	while (at < end) {
		uint64_t start = end, stop = end;

		r = find_data(copy, extent->fd, at, end, &start, &stop, err);
		if (r < 0)
			return r;
		if (start == end)
			break;
		skip = start - extent->file_offset;
		r = copy_data(copy,
			      &(struct copy_pending){.offset = offset + skip,
						     .fd = extent->fd,
						     .from = start,
						     .to = to + skip,
						     .length = stop - start},
			      err);
		if (r < 0)
			return r;
		at = stop;
	}
	return 0;
}

/* Is there anything but zeros at some places spread over the range? */
static int probe_zeros(const struct copy *copy, uint64_t offset, uint64_t length, struct error *err)
{
	uint64_t step = length / PROBES;

	if (step < PROBE_SIZE)
		return 1;
	for (uint64_t i = 0; i < PROBES; i++) {
		int r = disk_read(copy->disk, copy->buffer, PROBE_SIZE, offset + i * step, err);

		if (r < 0)
			return r;
		if (!is_zero(copy->buffer, PROBE_SIZE))
			return 0;
	}
	return 1;
}

int copy_extent_is_zero(struct copy *copy, uint64_t offset, const struct disk_extent *extent,
			struct error *err)
{
	uint64_t length = extent->length, start = 0, stop = 0;
	int r;

	if (extent->kind == DISK_HOLE || extent->kind == DISK_ZERO)
		return 1;
	if (extent->kind == DISK_DATA) {
		r = find_data(copy, extent->fd, extent->file_offset, extent->file_offset + length,
			      &start, &stop, err);
		if (r < 0 || start == extent->file_offset + length)
			return r < 0 ? r : 1;
	}
	r = probe_zeros(copy, offset, length, err);
	while (r > 0 && length > 0) {
		size_t n = (size_t)min_u64(length, COPY_BUFFER);

		r = disk_read(copy->disk, copy->buffer, n, offset, err);
		if (r < 0)
			return r;
		r = is_zero(copy->buffer, n);
		offset += n;
		length -= n;
	}
	return r;
}
