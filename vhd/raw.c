/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raw images: see raw.h. */
#include "vhd/raw.h"

#include <errno.h>
#include <stdlib.h>

#define SECTOR 512

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

	if (!image)
		return error_failed(err, ENOMEM, "out of memory");
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
	*file = (struct image_file){.fd = -1};
	*ret = image;
	return 0;
}
