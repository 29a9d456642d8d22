/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The device below libntfs-3g: its ten operations on a 'struct disk', the words of the library, and
 * the error made of both.
 *
 * The library reads past the end of small volumes and expects a short count there; it writes at any
 * offset and length, which disk_write() allows. It says what it found through one process-wide log
 * handler, with errno as the only other channel, so the handler keeps the first complaint of the
 * running operation in the thread that runs it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"
#include "convert/ntfs/internal.h"

/* The library gives its handler no context. One operation at a time runs in a thread. */
static _Thread_local char complaint[256];

/* An ntfs_log_handler: the library decides what it takes. */
static int keep_complaint(const char *function, const char *file, int line, u32 level, void *data,
			  const char *format, va_list args) PRINTF_LIKE(6, 0);

static int keep_complaint(const char *function, const char *file, int line, u32 level, void *data,
			  const char *format, va_list args)
{
	(void)function;
	(void)file;
	(void)line;
	(void)data;
	if (complaint[0] ||
	    !(level & (NTFS_LOG_LEVEL_ERROR | NTFS_LOG_LEVEL_PERROR | NTFS_LOG_LEVEL_CRITICAL)))
		return 0;
	vsnprintf(complaint, sizeof(complaint), format, args);
	complaint[strcspn(complaint, "\n")] = '\0';
	/* Its most frequent one speaks of its own code: a record whose fixups do not fit. */
	if (strncmp(complaint, "ntfs_mst_post_read_fixup_warn:", 30) == 0)
		snprintf(complaint, sizeof(complaint),
			 "a record is torn or overwritten: its update sequence does not fit");
	for (size_t n = strlen(complaint); n > 0 && strchr(" .:", complaint[n - 1]); n--)
		complaint[n - 1] = '\0';
	return 0;
}

static struct volume_device *device_of(struct ntfs_device *dev)
{
	return dev->d_private;
}

static int device_open(struct ntfs_device *dev, int flags)
{
	if ((flags & O_ACCMODE) == O_RDONLY)
		NDevSetReadOnly(dev);
	NDevSetOpen(dev);
	return 0;
}

static int device_close(struct ntfs_device *dev)
{
	NTFS3G_CLEAR(dev->d_state, ND_Open);
	return 0;
}

/* Keep the first error of the disk and tell the library EIO. */
static s64 disk_failed(struct volume_device *device, const struct error *err)
{
	if (device->error.kind == ERROR_NONE)
		device->error = *err;
	errno = EIO;
	return -1;
}

static s64 device_pread(struct ntfs_device *dev, void *buffer, s64 count, s64 offset)
{
	struct volume_device *device = device_of(dev);
	struct error err = ERROR_INIT;
	uint64_t length;

	if (count < 0 || offset < 0) {
		errno = EINVAL;
		return -1;
	}
	if ((uint64_t)offset >= device->disk->size)
		return 0;
	if (device->reads >= device->reads_op_max || device->reads >= device->reads_max) {
		error_damaged(&err, "the structures of the file system lead round in a circle");
		return disk_failed(device, &err);
	}
	device->reads++;
	if ((uint64_t)count > VOLUME_MAX_READ) {
		error_damaged(&err, "the file system asks for %lld bytes at once",
			      (long long)count);
		return disk_failed(device, &err);
	}
	length = min_u64((uint64_t)count, device->disk->size - (uint64_t)offset);
	if (disk_read(device->disk, buffer, length, (uint64_t)offset, &err) < 0)
		return disk_failed(device, &err);
	return (s64)length;
}

/* By seeking there the library finds out whether the last sector of a volume exists. */
static s64 device_seek(struct ntfs_device *dev, s64 offset, int whence)
{
	struct volume_device *device = device_of(dev);

	if (whence != SEEK_SET || offset < 0 || (uint64_t)offset > device->disk->size) {
		errno = EINVAL;
		return -1;
	}
	device->position = (uint64_t)offset;
	return offset;
}

static s64 device_read(struct ntfs_device *dev, void *buffer, s64 count)
{
	struct volume_device *device = device_of(dev);
	s64 n = device_pread(dev, buffer, count, (s64)device->position);

	if (n > 0)
		device->position += (uint64_t)n;
	return n;
}

/* The library writes with pwrite alone. */
static s64 device_write(struct ntfs_device *dev, const void *buffer, s64 count)
{
	(void)dev;
	(void)buffer;
	(void)count;
	errno = EOPNOTSUPP;
	return -1;
}

static s64 device_pwrite(struct ntfs_device *dev, const void *buffer, s64 count, s64 offset)
{
	struct volume_device *device = device_of(dev);
	struct error err = ERROR_INIT;

	if (count < 0 || offset < 0) {
		errno = EINVAL;
		return -1;
	}
	NDevSetDirty(dev);
	if (disk_write(device->disk, buffer, (size_t)count, (uint64_t)offset, &err) < 0)
		return disk_failed(device, &err);
	return count;
}

static int device_sync(struct ntfs_device *dev)
{
	NTFS3G_CLEAR(dev->d_state, ND_Dirty);
	return 0;
}

static int device_stat(struct ntfs_device *dev, struct stat *buf)
{
	*buf = (struct stat){
		.st_mode = S_IFREG | S_IRUSR | S_IWUSR,
		.st_nlink = 1,
		.st_size = (off_t)device_of(dev)->disk->size,
		.st_blksize = 4096,
	};
	return 0;
}

static int device_ioctl(struct ntfs_device *dev, unsigned long request, void *argument)
{
	(void)dev;
	(void)request;
	(void)argument;
	errno = EOPNOTSUPP;
	return -1;
}

/* Not const: the library takes a pointer to modifiable operations, though it modifies nothing. */
static struct ntfs_device_operations device_ops = {
	.open = device_open,
	.close = device_close,
	.seek = device_seek,
	.read = device_read,
	.write = device_write,
	.pread = device_pread,
	.pwrite = device_pwrite,
	.sync = device_sync,
	.stat = device_stat,
	.ioctl = device_ioctl,
};

struct ntfs_device *volume_device_new(struct volume_device *device)
{
	ntfs_log_set_handler(keep_complaint);
	return ntfs_device_alloc(device->disk->name, 0, &device_ops, device);
}

void volume_begin(struct volume *volume, uint64_t size)
{
	complaint[0] = '\0';
	volume->device.error = (struct error)ERROR_INIT;
	volume->device.reads_op_max = volume->device.reads + VOLUME_BASE_READS + size / 512;
	volume->device.reads_max += size / 512;
	errno = 0;
}

/* What 'code' means for a file in the guest; the words of the library where they say more. */
static const char *words_for(int code)
{
	switch (code) {
	case ENOENT:
		return "there is no such file";
	case EISDIR:
		return "it is a folder";
	case ENOTDIR:
		return "it is not a folder";
	case EACCES:
		return "it is encrypted";
	default:
		return complaint[0] ? complaint : strerror(code);
	}
}

/* Is 'code' the fault of what is on the disk, rather than of this machine or of the caller? */
static bool is_damage(int code)
{
	static const int others[] = {ENOENT, ENOMEM, EROFS, ENAMETOOLONG, EILSEQ};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (code == others[i])
			return false;
	return true;
}

int volume_fail(struct volume *volume, const char *path, int code, const char *doing,
		struct error *err)
{
	const char *quote = path[0] ? "'" : "";
	const char *gap = path[0] ? " " : "";

	if (volume->device.error.kind != ERROR_NONE) {
		if (err)
			*err = volume->device.error;
		return error_prefix(err, "cannot %s%s%s%s%s", doing, gap, quote, path, quote);
	}
	if (code == ENOSPC)
		return error_refused(err, REFUSAL_VOLUME_FULL,
				     "make room on it in the guest, then convert again",
				     "cannot %s%s%s%s%s: the NTFS volume is full", doing, gap,
				     quote, path, quote);
	if (is_damage(code))
		return error_damaged(err, "cannot %s%s%s%s%s: %s", doing, gap, quote, path, quote,
				     words_for(code));
	return error_failed(err, code, "cannot %s%s%s%s%s: %s", doing, gap, quote, path, quote,
			    words_for(code));
}

int64_t volume_unix_time(ntfs_time time)
{
	return ntfs2timespec(time).tv_sec;
}

void volume_inode_cleanup(ntfs_inode **inode)
{
	if (*inode)
		ntfs_inode_close(*inode);
	*inode = NULL;
}

void volume_attr_cleanup(ntfs_attr **attr)
{
	if (*attr)
		ntfs_attr_close(*attr);
	*attr = NULL;
}
