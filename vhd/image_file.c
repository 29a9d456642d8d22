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

/* Fill what follows from the open file. */
static int describe_file(const char *path, struct image_file *file, struct error *err)
{
	struct stat st;
	off_t size;

	file->path = strdup(path);
	if (!file->path)
		return error_failed(err, ENOMEM, "out of memory");
	if (fstat(file->fd, &st) < 0)
		return error_errno(err, "'%s'", path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return error_refused(err, REFUSAL_NOT_A_DISK_IMAGE,
				     "name a VHDX, VHD or raw disk image",
				     "'%s' is neither a file nor a block device", path);
	size = lseek(file->fd, 0, SEEK_END);
	if (size < 0)
		return error_errno(err, "'%s'", path);
	file->size = file->stored_size = (uint64_t)size;
	return 0;
}

int image_file_open(const char *path, struct image_file *ret, struct error *err)
{
	/* O_NONBLOCK: a FIFO must not keep us waiting. */
	struct image_file file = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
	int r;

	if (file.fd < 0)
		return error_errno(err, "'%s'", path);
	r = describe_file(path, &file, err);
	if (r < 0)
		image_file_close(&file);
	else
		*ret = file;
	return r;
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
