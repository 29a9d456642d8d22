/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening one image file and telling its format by its content. */
#include "vhd/image.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"
#include "vhd/foreign.h"
#include "vhd/raw.h"
#include "vhd/vhd1.h"
#include "vhd/vhdx.h"
#include "vhd/vhdx_format.h"

#define SECTOR		  512U
#define BOOT_SIGNATURE	  "\x55\xaa"
#define BOOT_SIGNATURE_AT 510

static int refuse_foreign(const struct image_file *file, const struct foreign *foreign,
			  struct error *err)
{
	return error_refused(err, REFUSAL_NOT_A_DISK_IMAGE, foreign->advice,
			     "'%s' is not a VHDX, VHD or raw disk image: it %s", file->path,
			     foreign->what);
}

static int refuse_unknown(const struct image_file *file, struct error *err)
{
	const struct foreign *foreign;
	int r = foreign_guess(file, &foreign, err);

	if (r < 0 || foreign)
		return r < 0 ? r : refuse_foreign(file, foreign, err);
	return error_refused(
		err, REFUSAL_NOT_A_DISK_IMAGE, "name a VHDX, VHD or raw disk image",
		"'%s' is not a disk image: no VHDX or VHD signature, and no boot signature 55 aa "
		"at the end of its first sector",
		file->path);
}

/* A disk whose last sector is not whole. With a footer of a VHD, the bytes behind it are too many;
 * else some are, or others are missing. */
static int refuse_odd_size(const struct image_file *file, const struct vhd1_footer *footer,
			   struct error *err)
{
	uint64_t more = file->size % SECTOR;
	char advice[160];

	snprintf(
		advice, sizeof(advice),
		"copy the image again, or cut a copy of it to its right size: truncate --size=%" PRIu64
		" COPY",
		footer ? footer->at + VHD1_FOOTER_SIZE : file->size - more);
	if (footer)
		return error_refused(
			err, REFUSAL_NOT_A_DISK_IMAGE, advice,
			"'%s' is a fixed VHD whose footer stands at %" PRIu64 ", and %" PRIu64
			" bytes that are not zero stand behind the footer: the file is "
			"not in whole sectors of 512 bytes",
			file->path, footer->at, footer->behind);
	return error_refused(err, REFUSAL_NOT_A_DISK_IMAGE, advice,
			     "'%s' begins like a disk, but its %" PRIu64
			     " bytes are not whole sectors of 512 bytes: %" PRIu64
			     " too many, or %" PRIu64 " missing",
			     file->path, file->size, more, SECTOR - more);
}

/* A raw image has no mark but that of the disk's first sector. */
static int open_raw(struct image_file *file, const struct vhd1_footer *footer,
		    struct findings *findings, struct image **ret, struct error *err)
{
	struct image *image;
	int r;

	if (file->size % SECTOR)
		return refuse_odd_size(file, footer, err);
	r = raw_image_open(file, ret, err);
	image = r == 0 ? *ret : NULL;
	if (image && footer)
		findings_add(findings ? findings : &image->findings, VHD_WARNING, footer->at,
			     "'%s': the footer of a fixed VHD at %" PRIu64
			     " is followed by %" PRIu64
			     " bytes that are not zero; so that none is lost, all of the file is "
			     "taken as a raw image, the footer too",
			     image->file.path, footer->at, footer->behind);
	return r;
}

/* What has the signature of neither VHDX nor VHD in its place: a fixed VHD that something was added
 * to, or a raw image. */
static int open_unmarked(struct image_file *file, const uint8_t *sector, struct findings *findings,
			 struct image **ret, struct error *err)
{
	const struct foreign *foreign;
	struct vhd1_footer footer;
	bool has_footer, is_zero_behind;
	int r = foreign_recognise(file, &foreign, err);

	if (r < 0 || foreign)
		return r < 0 ? r : refuse_foreign(file, foreign, err);
	r = vhd1_search_footer(file, &footer, &has_footer, &is_zero_behind, err);
	if (r < 0)
		return r;
	if (has_footer && is_zero_behind)
		return vhd1_image_open(file, &footer, findings, ret, err);
	if (memcmp(sector + BOOT_SIGNATURE_AT, BOOT_SIGNATURE, sizeof(BOOT_SIGNATURE) - 1) != 0)
		return refuse_unknown(file, err);
	return open_raw(file, has_footer ? &footer : NULL, findings, ret, err);
}

static int open_by_content(struct image_file *file, struct findings *findings, struct image **ret,
			   struct error *err)
{
	uint8_t sector[SECTOR] = {0};
	bool is_vhd = false;
	int r = image_file_read(file, sector, (size_t)min_u64(SECTOR, file->size), 0, err);

	if (r < 0)
		return r;
	if (memcmp(sector, VHDX_SIGNATURE, VHDX_SIGNATURE_SIZE) == 0)
		return vhdx_image_open(file, findings, ret, err);
	if (file->size >= SECTOR)
		r = vhd1_has_footer(file, &is_vhd, err);
	if (r < 0)
		return r;
	return is_vhd ? vhd1_image_open(file, NULL, findings, ret, err)
		      : open_unmarked(file, sector, findings, ret, err);
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
