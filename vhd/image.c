/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening one image file and telling its format by its content; raw images. */
#include "vhd/image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "vhd/io.h"
#include "vhd/vhdx_format.h"

#define SECTOR		  512
#define BOOT_SIGNATURE	  "\x55\xaa"
#define BOOT_SIGNATURE_AT 510

void image_file_close(struct image_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	free(file->path);
	file->path = NULL;
	overlay_done(&file->overlay);
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
	image->ops->free(image);
}

void image_cleanup(struct image **image)
{
	image_close(*image);
	*image = NULL;
}

static int raw_lookup(struct image *image, uint64_t offset, uint64_t length,
		      struct image_extent *ret, struct error *err)
{
	(void)image;
	(void)err;
	*ret = (struct image_extent){.kind = IMAGE_DATA, .length = length, .file_offset = offset};
	return 0;
}

static void raw_free(struct image *image)
{
	free(image);
}

static const struct image_ops raw_ops = {.lookup = raw_lookup, .free = raw_free};

int raw_image_open(struct image_file *file, struct image **ret, struct error *err)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image) {
		image_file_close(file);
		return error_failed(err, ENOMEM, "out of memory");
	}
	image->ops = &raw_ops;
	image->info = (struct vhd_info){
		.format = VHD_FORMAT_RAW,
		.type = VHD_TYPE_FIXED,
		.virtual_size = file->size,
		.file_size = file->size,
		.logical_sector_size = SECTOR,
		.physical_sector_size = SECTOR,
		.chain_length = 1,
	};
	image->file = *file;
	*ret = image;
	return 0;
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

static int refuse_unknown(const struct image_file *file, struct error *err)
{
	return error_refused(
		err, REFUSAL_NOT_A_DISK_IMAGE, "name a VHDX, VHD or raw disk image",
		"'%s' is not a disk image: no VHDX or VHD signature, and no boot signature 55 aa "
		"at the end of its first sector",
		file->path);
}

static int recognise(struct image_file *file, struct findings *findings, struct image **ret,
		     struct error *err)
{
	uint8_t sector[SECTOR];
	bool is_vhd = false;
	int r;

	if (file->size < SECTOR)
		return refuse_unknown(file, err);
	r = image_file_read(file, sector, sizeof(sector), 0, err);
	if (r < 0)
		return r;
	if (memcmp(sector, VHDX_SIGNATURE, VHDX_SIGNATURE_SIZE) == 0)
		return vhdx_image_open(file, findings, ret, err);
	r = vhd1_recognise(file, &is_vhd, err);
	if (r < 0 || is_vhd)
		return r < 0 ? r : vhd1_image_open(file, findings, ret, err);
	if (file->size % SECTOR == 0 &&
	    memcmp(sector + BOOT_SIGNATURE_AT, BOOT_SIGNATURE, sizeof(BOOT_SIGNATURE) - 1) == 0)
		return raw_image_open(file, ret, err);
	return refuse_unknown(file, err);
}

int image_open(const char *path, struct findings *findings, struct image **ret, struct error *err)
{
	struct image_file file = {.fd = -1};
	int r = image_file_open(path, &file, err);

	if (r < 0)
		return r;
	r = recognise(&file, findings, ret, err);
	if (r < 0)
		image_file_close(&file);
	return r;
}
