/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening one image file, whatever its format. Internal to vhd/. */
#ifndef HVGEN2_VHD_IMAGE_H
#define HVGEN2_VHD_IMAGE_H

#include "common/error.h"
#include "vhd/findings.h"
#include "vhd/image_file.h"

/* Where it is known from what an image is. */
enum image_format_source { IMAGE_FORMAT_OF_NAME, IMAGE_FORMAT_STATED, IMAGE_FORMAT_OF_CHILD };

struct image_format {
	enum vhd_format format;
	enum image_format_source source;
};

/*
 * Open 'path' as what its name or 'options', which may be NULL, say that it is; closed with
 * image_close(). Names that end in .vhdx, .avhdx, .vhds, .vhd or .avhd are those formats; files of
 * any other name and block devices are raw disks. 'findings' are the checker's; NULL: what is
 * tolerated is noted in the image's own. Errors: those of image_file_open() and of the formats;
 * REFUSAL_NOT_A_DISK_IMAGE for content of another format.
 */
int image_open(const char *path, const struct vhd_open_options *options, struct findings *findings,
	       struct image **ret, struct error *err);

/* The same for a file that is open, which the image takes over; what is left of it on failure is
 * for the caller to close. */
int image_open_file(struct image_file *file, const struct image_format *format,
		    struct findings *findings, struct image **ret, struct error *err);

#endif
