/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An image and its parents as one disk. Byte ranges are asked of the topmost image; what it does not hold is asked of the
 * next one, and what lies past the end of a smaller parent reads as zeros.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "vhd/image.h"

struct chain {
	struct disk disk;
	struct image **images; /* [0] is the one opened, each next one its parent */
	size_t count;
};

/* What 'ret' says of the chain, and which image it is of. */
static int chain_lookup(struct chain *chain, uint64_t offset, uint64_t length, struct image **ret_image,
			struct image_extent *ret, struct error *err)
{
	ret->kind = IMAGE_PARENT;
	for (size_t i = 0; i < chain->count; i++) {
		struct image *image = chain->images[i];
		int r;

		if (offset >= image->info.virtual_size)
			break;
		length = min_u64(length, image->info.virtual_size - offset);
		r = image->ops->lookup(image, offset, length, ret, err);
		if (r < 0)
			return r;
		*ret_image = image;
		length = ret->length;
		if (ret->kind != IMAGE_PARENT)
			return 0;
	}
	*ret = (struct image_extent){.kind = IMAGE_HOLE, .length = length};
	return 0;
}

static int chain_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret, struct error *err)
{
	struct chain *chain = (struct chain *)disk;
	struct image_extent extent;
	struct image *image = NULL;
	int r = chain_lookup(chain, offset, disk->size - offset, &image, &extent, err);

	if (r < 0)
		return r;
	*ret = (struct disk_extent){.kind = DISK_HOLE, .length = extent.length, .fd = -1};
	if (extent.kind == IMAGE_ZERO)
		ret->kind = DISK_ZERO;
	if (extent.kind == IMAGE_MEMORY)
		ret->kind = DISK_MEMORY;
	if (extent.kind == IMAGE_DATA) {
		ret->kind = DISK_DATA;
		ret->fd = image->file.fd;
		ret->file_offset = extent.file_offset;
	}
	return 0;
}

static int chain_read(struct disk *disk, void *buffer, size_t length, uint64_t offset, struct error *err)
{
	struct chain *chain = (struct chain *)disk;
	char *to = buffer;
	int r = 0;

	while (length > 0 && r == 0) {
		struct image_extent extent;
		struct image *image = NULL;

		r = chain_lookup(chain, offset, length, &image, &extent, err);
		if (r < 0)
			return r;
		if (extent.kind == IMAGE_DATA || extent.kind == IMAGE_MEMORY)
			r = image_file_read(&image->file, to, extent.length, extent.file_offset, err);
		else
			memset(to, 0, extent.length);
		to += extent.length;
		offset += extent.length;
		length -= extent.length;
	}
	return r;
}

static void chain_close(struct disk *disk)
{
	struct chain *chain = (struct chain *)disk;

	for (size_t i = 0; i < chain->count; i++)
		image_close(chain->images[i]);
	free(chain->images);
	free(chain);
}

static const struct disk_ops chain_ops = {
	.read = chain_read,
	.extent = chain_extent,
	.close = chain_close,
};

int vhd_open(const char *path, const struct vhd_open_options *options, struct disk **ret,
	     struct error *err)
{
	CLEANUP_IMAGE struct image *image = NULL;
	struct chain *chain;
	int r = image_open(path, NULL, &image, err);

	(void)options;
	if (r < 0)
		return r;
	if (image->info.type == VHD_TYPE_DIFFERENCING)
		return error_refused(err, REFUSAL_PARENT_MISSING, "merge the checkpoint on the Hyper-V host",
				     "'%s' is a differencing disk", path);
	chain = calloc(1, sizeof(*chain));
	if (chain)
		chain->images = calloc(1, sizeof(*chain->images));
	if (!chain || !chain->images) {
		free(chain);
		return error_failed(err, ENOMEM, "out of memory");
	}
	chain->disk = (struct disk){.ops = &chain_ops,
				    .name = image->file.path,
				    .size = image->info.virtual_size,
				    .sector_size = image->info.logical_sector_size};
	chain->images[chain->count++] = TAKE(image);
	*ret = &chain->disk;
	return 0;
}

const struct vhd_info *vhd_info(const struct disk *disk)
{
	return &((const struct chain *)disk)->images[0]->info;
}

const char *vhd_info_text(const struct vhd_info *info)
{
	static const char *const text[VHD_FORMAT_MAX][VHD_TYPE_MAX] = {
		[VHD_FORMAT_RAW] = {"raw image", "raw image", "raw image"},
		[VHD_FORMAT_VHD] = {"fixed VHD", "dynamic VHD", "differencing VHD"},
		[VHD_FORMAT_VHDX] = {"fixed VHDX", "dynamic VHDX", "differencing VHDX"},
	};

	return text[info->format][info->type];
}
