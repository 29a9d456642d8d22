/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening one image file and telling its format by its content. */
#include "vhd/image.h"

#include <string.h>

#include "vhd/raw.h"
#include "vhd/vhd1.h"
#include "vhd/vhdx.h"
#include "vhd/vhdx_format.h"

#define SECTOR		  512
#define BOOT_SIGNATURE	  "\x55\xaa"
#define BOOT_SIGNATURE_AT 510

static int refuse_unknown(const struct image_file *file, struct error *err)
{
	return error_refused(
		err, REFUSAL_NOT_A_DISK_IMAGE, "name a VHDX, VHD or raw disk image",
		"'%s' is not a disk image: no VHDX or VHD signature, and no boot signature 55 aa "
		"at the end of its first sector",
		file->path);
}

static int open_by_content(struct image_file *file, struct findings *findings, struct image **ret,
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
	r = open_by_content(&file, findings, ret, err);
	if (r < 0)
		image_file_close(&file);
	return r;
}
