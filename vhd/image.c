/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening one image file: see image.h.
 *
 * The format is never guessed from what stands in the file: the guest of a raw disk writes all of
 * it, and a footer at its end or a signature in front would make an image of it that names files of
 * the host as its parents. The content only has to agree with what was said.
 */
#include "vhd/image.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

/* What the content looks like, for advice only. */
struct look {
	uint8_t sector[SECTOR];
	bool is_vhdx, is_vhd, is_bootable;
	bool has_end; /* of a VHD: its footer, and not only the copy in front */
};

static int look_at(const struct image_file *file, struct look *ret, struct error *err)
{
	int r;

	*ret = (struct look){.is_vhd = false};
	r = image_file_read(file, ret->sector, (size_t)min_u64(SECTOR, file->size), 0, err);
	if (r == 0 && file->size >= SECTOR)
		r = vhd1_has_footer(file, &ret->has_end, &ret->is_vhd, err);
	ret->is_vhd |= ret->has_end;
	ret->is_vhdx = memcmp(ret->sector, VHDX_SIGNATURE, VHDX_SIGNATURE_SIZE) == 0;
	ret->is_bootable = memcmp(ret->sector + BOOT_SIGNATURE_AT, BOOT_SIGNATURE,
				  sizeof(BOOT_SIGNATURE) - 1) == 0;
	return r;
}

/* What helps when the file is not what was said of it. */
static const char *advice_for(const struct look *look, const struct image_format *format)
{
	if (format->source == IMAGE_FORMAT_OF_CHILD)
		return "look for the copy of the parent that the child was made on";
	if (look->is_vhdx)
		return "if it is a VHDX, give --source-format vhdx";
	if (look->is_vhd)
		return "if it is a VHD, give --source-format vhd";
	if (look->is_bootable)
		return "if it is a raw disk image, give --source-format raw";
	return "name a VHDX, VHD or raw disk image";
}

/* Another format, or another parent, may be what the file or the child is in need of. */
static bool is_answered(const struct image_file *file, const struct image_format *format,
			const struct look *look)
{
	return format->source == IMAGE_FORMAT_OF_CHILD ||
	       (file->size > 0 && (format->source == IMAGE_FORMAT_STATED || look->is_vhdx ||
				   look->is_vhd || look->is_bootable));
}

/* The content is not what was said of the file. */
static int refuse_content(const struct image_file *file, const struct image_format *format,
			  const struct look *look, struct error *err)
{
	static const char *const missing[VHD_FORMAT_MAX] = {
		[VHD_FORMAT_RAW] = "no boot signature 55 aa at the end of its first sector",
		[VHD_FORMAT_VHD] = "no signature of a VHD at its end or at offset 0",
		[VHD_FORMAT_VHDX] = "no signature of a VHDX at offset 0",
	};
	static const char *const names[VHD_FORMAT_MAX] = {"a raw disk image", "a VHD", "a VHDX"};
	static const char *const sources[] = {
		[IMAGE_FORMAT_OF_NAME] = "by its name",
		[IMAGE_FORMAT_STATED] = "as --source-format says",
		[IMAGE_FORMAT_OF_CHILD] = "as its child is",
	};
	const struct foreign *foreign;
	int r = foreign_recognise(file, &foreign, err);

	if (r == 0 && !foreign)
		r = foreign_guess(file, &foreign, err);
	if (r < 0 || foreign)
		return r < 0 ? r : refuse_foreign(file, foreign, err);
	r = error_refused(err, REFUSAL_NOT_A_DISK_IMAGE, advice_for(look, format),
			  "'%s' is to be %s %s, and has %s", file->path, names[format->format],
			  sources[format->source],
			  file->size ? missing[format->format] : "no byte: it is empty");
	return is_answered(file, format, look) ? error_of_wish(err) : r;
}

/* A disk whose last sector is not whole: some bytes are too many, or others are missing. */
static int refuse_odd_size(const struct image_file *file, struct error *err)
{
	uint64_t more = file->size % SECTOR;
	char advice[160];

	snprintf(
		advice, sizeof(advice),
		"copy the image again, or cut a copy of it to its right size: truncate --size=%" PRIu64
		" COPY",
		file->size - more);
	return error_refused(err, REFUSAL_NOT_A_DISK_IMAGE, advice,
			     "'%s' begins like a disk, but its %" PRIu64
			     " bytes are not whole sectors of 512 bytes: %" PRIu64
			     " too many, or %" PRIu64 " missing",
			     file->path, file->size, more, SECTOR - more);
}

/* Something of the file says that it is more than a raw disk; its guest can have written that. */
static void note_marks(const struct image *image, const struct look *look, const char *advice,
		       const struct vhd1_footer *footer, struct findings *findings)
{
	const char *path = image->file.path;

	if (look->is_vhdx || look->is_vhd)
		findings_add(findings, VHD_WARNING, 0,
			     "'%s': the signature of a %s stands %s, where the guest of a raw disk "
			     "can write; all of the file is taken as a raw image; %s",
			     path, look->is_vhdx ? "VHDX" : "VHD",
			     look->is_vhdx ? "at offset 0" : "at its end or at offset 0", advice);
	else if (footer)
		findings_add(findings, VHD_WARNING, footer->at,
			     "'%s': the footer of a fixed VHD at %" PRIu64
			     " is followed by %" PRIu64
			     " bytes; all of the file is taken as a raw image, the footer too; if "
			     "it is a VHD, give --source-format vhd",
			     path, footer->at, footer->behind);
}

/* A raw image has no mark but that of the disk's first sector. */
static int open_raw(struct image_file *file, const struct image_format *format,
		    const struct look *look, struct findings *findings, struct image **ret,
		    struct error *err)
{
	const struct foreign *foreign = NULL;
	struct vhd1_footer footer;
	bool has_footer, is_zero_behind;
	int r = 0;

	/* By name only: whoever states the format knows better than the first bytes of a disk. */
	if (format->source == IMAGE_FORMAT_OF_NAME)
		r = foreign_recognise(file, &foreign, err);
	if (r < 0 || foreign)
		return r < 0 ? r : refuse_foreign(file, foreign, err);
	if (!look->is_bootable)
		return refuse_content(file, format, look, err);
	if (file->size % SECTOR)
		return refuse_odd_size(file, err);
	r = vhd1_search_footer(file, &footer, &has_footer, &is_zero_behind, err);
	if (r == 0)
		r = raw_image_open(file, ret, err);
	if (r == 0)
		note_marks(*ret, look, advice_for(look, format), has_footer ? &footer : NULL,
			   findings ? findings : &(*ret)->findings);
	return r;
}

static int refuse_longer(const struct image_file *file, const struct vhd1_footer *footer,
			 struct error *err)
{
	char advice[256];

	snprintf(advice, sizeof(advice),
		 "cut a copy of it to its right size: truncate --size=%" PRIu64
		 " COPY, or take all of it for a raw disk image with --source-format raw",
		 footer->at + VHD1_FOOTER_SIZE);
	error_refused(err, REFUSAL_NOT_A_DISK_IMAGE, advice,
		      "'%s' is a fixed VHD whose footer stands at %" PRIu64 ", followed by %" PRIu64
		      " bytes that are not zero",
		      file->path, footer->at, footer->behind);
	return error_of_wish(err);
}

static int open_vhd(struct image_file *file, const struct image_format *format,
		    const struct look *look, struct findings *findings, struct image **ret,
		    struct error *err)
{
	struct vhd1_footer footer;
	bool has_footer, is_zero_behind;
	int r;

	if (look->has_end)
		return vhd1_image_open(file, NULL, findings, ret, err);
	/* The copy in front comes last: in a fixed disk its guest can write there. */
	r = vhd1_search_footer(file, &footer, &has_footer, &is_zero_behind, err);
	if (r < 0)
		return r;
	if (!has_footer)
		return look->is_vhd ? vhd1_image_open(file, NULL, findings, ret, err)
				    : refuse_content(file, format, look, err);
	return is_zero_behind ? vhd1_image_open(file, &footer, findings, ret, err)
			      : refuse_longer(file, &footer, err);
}

int image_open_file(struct image_file *file, const struct image_format *format,
		    struct findings *findings, struct image **ret, struct error *err)
{
	struct look look;
	int r = look_at(file, &look, err);

	if (r < 0)
		return r;
	if (format->format == VHD_FORMAT_RAW)
		return open_raw(file, format, &look, findings, ret, err);
	if (format->format == VHD_FORMAT_VHD)
		return open_vhd(file, format, &look, findings, ret, err);
	return look.is_vhdx ? vhdx_image_open(file, findings, ret, err)
			    : refuse_content(file, format, &look, err);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcasecmp(text + length - end_length, end) == 0;
}

/* What the name of the file says that it is. */
static enum vhd_format format_of_name(const struct image_file *file)
{
	static const struct {
		const char *ending;
		enum vhd_format format;
	} endings[] = {
		{".vhdx", VHD_FORMAT_VHDX}, {".avhdx", VHD_FORMAT_VHDX}, {".vhds", VHD_FORMAT_VHDX},
		{".vhd", VHD_FORMAT_VHD},   {".avhd", VHD_FORMAT_VHD},
	};

	for (size_t i = 0; !file->is_block_device && i < ARRAY_SIZE(endings); i++)
		if (ends_with(file->path, endings[i].ending))
			return endings[i].format;
	return VHD_FORMAT_RAW;
}

int image_open(const char *path, const struct vhd_open_options *options, struct findings *findings,
	       struct image **ret, struct error *err)
{
	static const enum vhd_format stated[] = {[VHD_OPEN_RAW] = VHD_FORMAT_RAW,
						 [VHD_OPEN_VHD] = VHD_FORMAT_VHD,
						 [VHD_OPEN_VHDX] = VHD_FORMAT_VHDX};
	struct image_file file = {.fd = -1};
	struct image_format format;
	int r = image_file_open(path, &file, err);

	if (r < 0)
		return r;
	if (options && options->format != VHD_OPEN_BY_NAME)
		format = (struct image_format){stated[options->format], IMAGE_FORMAT_STATED};
	else
		format = (struct image_format){format_of_name(&file), IMAGE_FORMAT_OF_NAME};
	r = image_open_file(&file, &format, findings, ret, err);
	if (r < 0)
		image_file_close(&file);
	return r;
}
