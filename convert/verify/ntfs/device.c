/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device for libntfs-3g that can do one thing: read at an offset.
 *
 * The library trusts the structures on the disk to lead somewhere; index blocks that name each
 * other keep it going for ever. But every step reads something, so a budget ends any walk. A read
 * costs its length, or MIN_COST if that is more, which bounds the time as well: a circle of index
 * blocks ends after some milliseconds.
 *
 * The library's time also grows with the square of the number of extents of a stream, and it keeps
 * all of them that it has come across. Hence the budgets are small: one for mounting, when it loads
 * the extents of $MFT (150 KB, and 1 or 4 KiB for each extent record), one for all look-ups of a
 * mounted volume (some 10 KB each), and more only for a file whose size is known and limited: where
 * each of its clusters of 512 bytes is somewhere else, it costs twice its size.
 *
 * The library tells what is wrong through one handler for the whole process, without any context.
 * It is set at every mount, here as in convert/ntfs/device.c: a conversion and a verification do
 * not take turns in one thread.
 */
#include "convert/verify/ntfs/device.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"

#define MOUNT_BUDGET (4 * MIB)
#define BUDGET	     (16 * MIB)
#define FILE_FACTOR  4
#define MIN_COST     KIB
#define MAX_READ     MIB /* $UpCase has 128 KiB; files are read in smaller pieces */

static _Thread_local char first_complaint[200];

/* An ntfs_log_handler: the library decides what it takes. */
static int note_complaint(const char *function, const char *file, int line, u32 level, void *data,
			  const char *format, va_list args) PRINTF_LIKE(6, 0);

static int note_complaint(const char *function, const char *file, int line, u32 level, void *data,
			  const char *format, va_list args)
{
	const u32 serious = NTFS_LOG_LEVEL_ERROR | NTFS_LOG_LEVEL_PERROR | NTFS_LOG_LEVEL_CRITICAL;
	size_t length;

	(void)function, (void)file, (void)line, (void)data;
	if (first_complaint[0] || !(level & serious))
		return 0;
	vsnprintf(first_complaint, sizeof(first_complaint), format, args);
	length = strcspn(first_complaint, "\n");
	while (length && strchr(".: ", first_complaint[length - 1]))
		length--;
	first_complaint[length] = '\0';
	return 0;
}

void verify_ntfs_forget(void)
{
	first_complaint[0] = '\0';
	errno = 0;
}

static int fail_with_errno(int code)
{
	errno = code;
	return -1;
}

/* Take the price of a read from the budget. */
static int pay_for_read(struct verify_ntfs_volume *volume, uint64_t length, struct error *err)
{
	uint64_t cost = max_u64(length, MIN_COST);

	if (length > MAX_READ)
		return error_damaged(err, "the file system asks for %" PRIu64 " bytes at once",
				     length);
	if (cost > volume->budget) {
		volume->budget = 0;
		return error_damaged(err, "the structures of the file system lead round in a "
					  "circle, or to far too many places");
	}
	volume->budget -= cost;
	return 0;
}

/* Short only where the volume ends: the library looks past the end of small ones. */
static s64 read_partition(struct ntfs_device *dev, void *buffer, s64 count, s64 offset)
{
	struct verify_ntfs_volume *volume = dev->d_private;
	struct disk *disk = &volume->window.disk;
	struct error err = ERROR_INIT;
	uint64_t length;

	if (count < 0 || offset < 0)
		return fail_with_errno(EINVAL);
	if ((uint64_t)offset >= disk->size)
		return 0;
	length = min_u64((uint64_t)count, disk->size - (uint64_t)offset);
	if (pay_for_read(volume, (uint64_t)count, &err) == 0 &&
	    disk_read(disk, buffer, length, (uint64_t)offset, &err) == 0)
		return (s64)length;
	if (volume->disk_error.kind == ERROR_NONE)
		volume->disk_error = err;
	return fail_with_errno(EIO);
}

/* The library seeks to the last sector to see that it is there, and reads nothing. */
static s64 seek_partition(struct ntfs_device *dev, s64 offset, int whence)
{
	const struct verify_ntfs_volume *volume = dev->d_private;

	if (whence != SEEK_SET || offset < 0 || (uint64_t)offset > volume->window.disk.size)
		return fail_with_errno(EINVAL);
	return offset;
}

static int open_partition(struct ntfs_device *dev, int flags)
{
	(void)dev, (void)flags;
	return 0;
}

static int nothing_to_do(struct ntfs_device *dev)
{
	(void)dev;
	return 0;
}

static s64 no_read(struct ntfs_device *dev, void *buffer, s64 count)
{
	(void)dev, (void)buffer, (void)count;
	return fail_with_errno(EOPNOTSUPP);
}

static s64 no_write(struct ntfs_device *dev, const void *buffer, s64 count)
{
	(void)dev, (void)buffer, (void)count;
	return fail_with_errno(EROFS);
}

static s64 no_pwrite(struct ntfs_device *dev, const void *buffer, s64 count, s64 offset)
{
	(void)offset;
	return no_write(dev, buffer, count);
}

static int no_stat(struct ntfs_device *dev, struct stat *st)
{
	(void)dev, (void)st;
	return fail_with_errno(EOPNOTSUPP);
}

static int no_ioctl(struct ntfs_device *dev, unsigned long request, void *argument)
{
	(void)dev, (void)request, (void)argument;
	return fail_with_errno(EOPNOTSUPP);
}

/* The library wants all ten, and not const. */
static struct ntfs_device_operations operations = {
	.pread = read_partition,
	.seek = seek_partition,
	.open = open_partition,
	.close = nothing_to_do,
	.sync = nothing_to_do,
	.read = no_read,
	.write = no_write,
	.pwrite = no_pwrite,
	.stat = no_stat,
	.ioctl = no_ioctl,
};

int verify_ntfs_mount(struct verify_ntfs_volume *volume, struct error *err)
{
	struct ntfs_device *dev =
		ntfs_device_alloc(volume->window.disk.name, 0, &operations, volume);
	int r;

	if (!dev)
		return error_failed(err, ENOMEM, "no memory");
	volume->budget = MOUNT_BUDGET;
	ntfs_log_set_handler(note_complaint);
	verify_ntfs_forget();
	volume->ntfs = ntfs_device_mount(dev, NTFS_MNT_RDONLY);
	if (!volume->ntfs) {
		r = verify_ntfs_fail(volume, err, "cannot mount the NTFS volume");
		ntfs_device_free(dev);
		return r;
	}
	volume->budget = BUDGET;
	/* Names are found regardless of case. Nothing is listed here: that would change the names. */
	volume->ntfs->state &= ~(1UL << NV_CaseSensitive);
	return 0;
}

void verify_ntfs_grant(struct verify_ntfs_volume *volume, uint64_t size)
{
	volume->budget += size * FILE_FACTOR;
}

void verify_ntfs_unmount(struct verify_ntfs_volume *volume)
{
	if (volume->ntfs)
		ntfs_umount(volume->ntfs, FALSE);
	volume->ntfs = NULL;
}

int verify_ntfs_fail(const struct verify_ntfs_volume *volume, struct error *err, const char *format,
		     ...)
{
	const int code = errno ? errno : EIO;
	char doing[600];
	va_list args;

	va_start(args, format);
	vsnprintf(doing, sizeof(doing), format, args);
	va_end(args);
	if (volume->disk_error.kind != ERROR_NONE) {
		*err = volume->disk_error;
		return error_prefix(err, "%s", doing);
	}
	if (code == ENOMEM)
		return error_failed(err, code, "%s: no memory", doing);
	if (code == EACCES)
		return error_damaged(err, "%s: it is encrypted", doing);
	return error_damaged(err, "%s: %s", doing,
			     first_complaint[0] ? first_complaint : strerror(code));
}

int verify_ntfs_read_range(const struct verify_ntfs_volume *volume,
			   const struct verify_ntfs_range *range, void *buffer, struct error *err)
{
	uint8_t *to = buffer;

	for (size_t done = 0; done < range->length;) {
		s64 n = ntfs_attr_pread(range->stream, (s64)(range->offset + done),
					(s64)(range->length - done), to + done);

		if (n <= 0)
			return verify_ntfs_fail(volume, err, "cannot read '%s'", range->path);
		done += (size_t)n;
	}
	return 0;
}

void verify_ntfs_close_inode(ntfs_inode **inode)
{
	if (*inode)
		ntfs_inode_close(*inode);
}

void verify_ntfs_close_stream(ntfs_attr **stream)
{
	if (*stream)
		ntfs_attr_close(*stream);
}
