/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole reads and writes: see io.h. */
#include "vhd/io.h"

#include <errno.h>
#include <unistd.h>

#include "common/checked.h"

int io_read(int fd, void *buffer, size_t length, uint64_t offset)
{
	char *to = buffer;

	while (length > 0) {
		ssize_t n = pread(fd, to, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA;
		to += n;
		length -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

int io_write(int fd, const void *buffer, size_t length, uint64_t offset)
{
	const char *from = buffer;

	while (length > 0) {
		ssize_t n = pwrite(fd, from, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
		length -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

int io_find_data(int fd, uint64_t offset, uint64_t end, uint64_t *ret_start, uint64_t *ret_end)
{
	off_t start = lseek(fd, (off_t)offset, SEEK_DATA), stop;

	*ret_start = offset;
	*ret_end = end;
	if (start < 0 && errno == ENXIO)
		*ret_start = end;
	if (start < 0) /* ENXIO: nothing but a hole up to the end; else a device or file system that
			  cannot tell */
		return errno == ENXIO || errno == EINVAL || errno == EOPNOTSUPP ? 0 : -errno;
	*ret_start = min_u64((uint64_t)start, end);
	stop = lseek(fd, start, SEEK_HOLE);
	if (stop < 0)
		return errno == ENXIO ? 0 : -errno;
	*ret_end = min_u64((uint64_t)stop, end);
	return 0;
}
