/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Moving bytes from a disk into a file.
 *
 * Bytes that stand in a file go with copy_file_range(): the kernel copies without passing them
 * through this process, and XFS and Btrfs share the blocks instead of copying at all. What it does
 * not copy (other file systems, old kernels) is read and written.
 */
#include "vhd/copy.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "vhd/io.h"

#define PROBES	   16
#define PROBE_SIZE 512

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
static int copy_by_hand(const struct copy *copy, struct disk *disk, uint64_t offset,
			uint64_t length, uint64_t to, bool *ret_stored, struct error *err)
{
	while (length > 0) {
		size_t n = (size_t)min_u64(length, COPY_BUFFER);
		int r = disk_read(disk, copy->buffer, n, offset, err);

		if (r < 0)
			return r;
		if (!is_zero(copy->buffer, n)) {
			r = io_write(copy->fd, copy->buffer, n, to);
			if (r < 0)
				return copy_failed(copy, -r, err);
			*ret_stored = true;
		}
		offset += n;
		to += n;
		length -= n;
	}
	return 0;
}

/* One run of data of the source file. */
static int copy_data(const struct copy *copy, struct disk *disk, uint64_t offset, int fd,
		     uint64_t file_offset, uint64_t length, uint64_t to, bool *ret_stored,
		     struct error *err)
{
	int64_t done = copy_by_kernel(fd, file_offset, copy->fd, to, length);
	uint64_t n;

	if (done < 0)
		return copy_failed(copy, (int)-done, err);
	n = (uint64_t)done;
	if (n > 0)
		*ret_stored = true;
	return copy_by_hand(copy, disk, offset + n, length - n, to + n, ret_stored, err);
}

/* The first data of the source file from 'at' on, and where they end; 'end' when there are none. */
static int find_data(struct copy *copy, struct disk *disk, int fd, uint64_t at, uint64_t end,
		     uint64_t *ret_start, uint64_t *ret_end, struct error *err)
{
	struct copy_run *run = &copy->run;

	if (fd != run->fd || at < run->from || at >= run->end) {
		int r = io_find_data(fd, at, INT64_MAX, &run->start, &run->end);

		if (r < 0)
			return error_failed(err, -r,
					    "'%s': cannot look for holes at offset %" PRIu64 ": %s",
					    disk->name, at, strerror(-r));
		run->fd = fd;
		run->from = at;
	}
	*ret_start = min_u64(max_u64(at, run->start), end);
	*ret_end = min_u64(run->end, end);
	return 0;
}

int copy_extent(struct copy *copy, struct disk *disk, uint64_t offset,
		const struct disk_extent *extent, uint64_t to, bool *ret_stored, struct error *err)
{
	uint64_t at = extent->file_offset, end = at + extent->length, skip;
	int r;

	if (extent->kind == DISK_HOLE || extent->kind == DISK_ZERO)
		return 0;
	if (extent->kind == DISK_MEMORY)
		return copy_by_hand(copy, disk, offset, extent->length, to, ret_stored, err);
	while (at < end) {
		uint64_t start, stop;

		r = find_data(copy, disk, extent->fd, at, end, &start, &stop, err);
		if (r < 0)
			return r;
		if (start == end)
			break;
		skip = start - extent->file_offset;
		r = copy_data(copy, disk, offset + skip, extent->fd, start, stop - start, to + skip,
			      ret_stored, err);
		if (r < 0)
			return r;
		at = stop;
	}
	return 0;
}

/* Is there anything but zeros at some places spread over the range? */
static int probe(const struct copy *copy, struct disk *disk, uint64_t offset, uint64_t length,
		 struct error *err)
{
	uint64_t step = length / PROBES;

	if (step < PROBE_SIZE)
		return 1;
	for (uint64_t i = 0; i < PROBES; i++) {
		int r = disk_read(disk, copy->buffer, PROBE_SIZE, offset + i * step, err);

		if (r < 0)
			return r;
		if (!is_zero(copy->buffer, PROBE_SIZE))
			return 0;
	}
	return 1;
}

int copy_extent_is_zero(struct copy *copy, struct disk *disk, uint64_t offset,
			const struct disk_extent *extent, struct error *err)
{
	uint64_t length = extent->length, start, stop;
	int r;

	if (extent->kind == DISK_HOLE || extent->kind == DISK_ZERO)
		return 1;
	if (extent->kind == DISK_DATA) {
		r = find_data(copy, disk, extent->fd, extent->file_offset,
			      extent->file_offset + length, &start, &stop, err);
		if (r < 0 || start == extent->file_offset + length)
			return r < 0 ? r : 1;
	}
	r = probe(copy, disk, offset, length, err);
	while (r > 0 && length > 0) {
		size_t n = (size_t)min_u64(length, COPY_BUFFER);

		r = disk_read(disk, copy->buffer, n, offset, err);
		if (r < 0)
			return r;
		r = is_zero(copy->buffer, n);
		offset += n;
		length -= n;
	}
	return r;
}
