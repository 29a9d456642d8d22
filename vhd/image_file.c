/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One image file of a chain: see image_file.h. */
#include "vhd/image_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "vhd/file_lock.h"
#include "vhd/io.h"

void image_file_close(struct image_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	free(file->path);
	file->path = NULL;
	overlay_done(&file->overlay);
}

static int take_size(struct image_file *file, struct error *err)
{
	off_t size = lseek(file->fd, 0, SEEK_END);

	if (size < 0)
		return error_errno(err, "'%s'", file->path);
	file->size = file->stored_size = (uint64_t)size;
	return 0;
}

/* Fill what follows from the open file. */
static int describe_file(const char *path, struct image_file *file, struct error *err)
{
	struct stat st;

	file->path = strdup(path);
	if (!file->path)
		return error_failed(err, ENOMEM, "out of memory");
	if (fstat(file->fd, &st) < 0)
		return error_errno(err, "'%s'", path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_refused(err, REFUSAL_NOT_A_DISK_IMAGE,
				     "name a VHDX, VHD or raw disk image",
				     "'%s' is neither a file nor a block device", path);
	file->is_block_device = S_ISBLK(st.st_mode);
	file->modified = st.st_mtim;
	file->changed = st.st_ctim;
	return take_size(file, err);
}

static int lock_file(const struct image_file *file, struct error *err)
{
	if (file_lock_for_reading(file->fd) == 0)
		return 0;
	return error_refused(err, REFUSAL_IN_USE,
			     "shut the VM down, or end the program that has the disk open, and try "
			     "again",
			     "'%s' is in use: another program may write to it", file->path);
}

static int take_file(int fd, const char *path, struct image_file *ret, struct error *err)
{
	struct image_file file = {.fd = fd};
	int r = describe_file(path, &file, err);

	if (r == 0)
		r = lock_file(&file, err);
	if (r < 0)
		image_file_close(&file);
	else
		*ret = file;
	return r;
}

/* O_NONBLOCK: a FIFO must not keep us waiting. */
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

int image_file_open(const char *path, struct image_file *ret, struct error *err)
{
	int fd = open(path, OPEN_FLAGS);

	return fd < 0 ? error_errno(err, "'%s'", path) : take_file(fd, path, ret, err);
}

static int refuse_special(const char *path, struct error *err)
{
	error_refused(err, REFUSAL_PARENT_MISSING, "name the parent itself with --parent FILE",
		      "'%s' is no regular file, and is not opened because an image names it", path);
	return error_of_wish(err);
}

int image_file_open_in(int folder, const char *name, const char *path, struct image_file *ret,
		       struct error *err)
{
	struct stat st;
	int fd;

	/* A device is not even opened: that alone can have an effect. What takes its place between
	 * the two calls is seen by the second look. */
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(st.st_mode))
		return refuse_special(path, err);
	fd = openat(folder, name, OPEN_FLAGS | O_NOFOLLOW);
	if (fd < 0 && (errno == ENOENT || errno == ENAMETOOLONG))
		return -ENOENT;
	if (fd < 0 && errno == ELOOP)
		return refuse_special(path, err);
	if (fd < 0)
		return error_errno(err, "'%s'", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return refuse_special(path, err);
	}
	return take_file(fd, path, ret, err);
}

int image_file_again(const struct image_file *file, struct image_file *ret, struct error *err)
{
	int fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 0);

	return fd < 0 ? error_errno(err, "'%s'", file->path) : take_file(fd, file->path, ret, err);
}

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

int image_file_check_unchanged(const struct image_file *file, struct error *err)
{
	struct stat st;

	if (file->is_block_device)
		return 0;
	if (fstat(file->fd, &st) < 0)
		return error_errno(err, "'%s'", file->path);
	if ((uint64_t)st.st_size == file->stored_size &&
	    is_same_time(&st.st_mtim, &file->modified) && is_same_time(&st.st_ctim, &file->changed))
		return 0;
	return error_failed(err, EBUSY,
			    "'%s' was changed while it was read, so that nothing that was read of "
			    "it is certain; shut the VM down and try again",
			    file->path);
}

int image_file_read(const struct image_file *file, void *buffer, size_t length, uint64_t offset,
		    struct error *err)
{
	uint64_t stored = offset < file->stored_size ? file->stored_size - offset : 0;
	size_t from_file = (size_t)min_u64(length, stored);
	int r;

	if (!range_within(offset, length, file->size))
		return error_damaged(err,
				     "'%s': %zu bytes are expected at offset %" PRIu64
				     ", but the file ends at %" PRIu64,
				     file->path, length, offset, file->size);
	memset((char *)buffer + from_file, 0, length - from_file);
	r = io_read(file->fd, buffer, from_file, offset);
	if (r == 0)
		r = overlay_apply(&file->overlay, file->fd, buffer, length, offset);
	if (r < 0)
		return error_failed(err, -r,
				    "'%s': cannot read %zu bytes at offset %" PRIu64 ": %s",
				    file->path, length, offset, strerror(-r));
	return 0;
}

void parent_reference_done(struct parent_reference *reference)
{
	free(reference->relative);
	free(reference->absolute);
	free(reference->volume);
	*reference = (struct parent_reference){.linkage_count = 0};
}

void image_close(struct image *image)
{
	if (!image)
		return;
	image_file_close(&image->file);
	parent_reference_done(&image->parent);
	findings_done(&image->findings);
	image->ops->free(image);
}

void image_cleanup(struct image **image)
{
	image_close(*image);
	*image = NULL;
}
