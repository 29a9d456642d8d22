/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A volume in a file: see file_disk.h. Holes stay holes: volumes of 128 GiB hold some MiB. */
#include "file_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"

struct file_disk {
	struct disk disk;
	int fd;
};

static int file_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		     struct error *err)
{
	const struct file_disk *file = (const struct file_disk *)disk;
	uint8_t *to = buffer;

	while (length > 0) {
		ssize_t n = pread(file->fd, to, length, (off_t)offset);

		if (n <= 0)
			return error_errno(err, "cannot read '%s'", disk->name);
		to += n;
		offset += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

static int file_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret,
		       struct error *err)
{
	const struct file_disk *file = (const struct file_disk *)disk;
	off_t data = lseek(file->fd, (off_t)offset, SEEK_DATA), end;

	(void)err;
	if (data < 0 || (uint64_t)data > offset) {
		uint64_t stop = data < 0 ? disk->size : min_u64((uint64_t)data, disk->size);

		*ret = (struct disk_extent){DISK_HOLE, stop - offset, -1, 0};
		return 0;
	}
	end = lseek(file->fd, data, SEEK_HOLE);
	*ret = (struct disk_extent){DISK_DATA,
				    (end < 0 ? disk->size : min_u64((uint64_t)end, disk->size)) -
					    offset,
				    file->fd, offset};
	return 0;
}

static void file_close(struct disk *disk)
{
	close(((struct file_disk *)disk)->fd);
	free(disk);
}

static const struct disk_ops file_ops = {
	.read = file_read,
	.extent = file_extent,
	.close = file_close,
};

int file_disk_open(const char *path, struct disk **ret, struct error *err)
{
	struct file_disk *file = calloc(1, sizeof(*file));
	struct stat st;

	if (!file)
		return error_failed(err, ENOMEM, "out of memory");
	file->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0 || fstat(file->fd, &st) < 0) {
		error_errno(err, "cannot open '%s'", path);
		if (file->fd >= 0)
			close(file->fd);
		free(file);
		return -err->code;
	}
	file->disk = (struct disk){&file_ops, path, round_down((uint64_t)st.st_size, 512), 512};
	*ret = &file->disk;
	return 0;
}

static int copy_range(struct disk *disk, int fd, uint64_t offset, uint64_t length,
		      struct error *err)
{
	static uint8_t buffer[65536];

	while (length > 0) {
		size_t now = (size_t)min_u64(length, sizeof(buffer));
		int r = disk_read(disk, buffer, now, offset, err);

		if (r < 0)
			return r;
		if (pwrite(fd, buffer, now, (off_t)offset) != (ssize_t)now)
			return error_errno(err, "cannot write the output");
		offset += now;
		length -= now;
	}
	return 0;
}

int file_disk_save(struct disk *disk, const char *path, struct error *err)
{
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	struct disk_extent extent;
	int r = 0;

	if (fd < 0 || ftruncate(fd, (off_t)disk->size) < 0)
		return error_errno(err, "cannot create '%s'", path);
	for (uint64_t at = 0; r == 0 && at < disk->size; at += extent.length) {
		r = disk_extent(disk, at, &extent, err);
		if (r == 0 && (extent.kind == DISK_DATA || extent.kind == DISK_MEMORY))
			r = copy_range(disk, fd, at, extent.length, err);
	}
	return r;
}
