/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening one image file, whatever its format. Internal to vhd/. */
#ifndef HVGEN2_VHD_IMAGE_H
#define HVGEN2_VHD_IMAGE_H

#include "common/error.h"
#include "vhd/findings.h"
#include "vhd/image_file.h"

/*
 * Open 'path' and recognise the format; closed with image_close(). 'findings' are the
 * checker's; NULL: what is tolerated is noted in the image's own. Errors: those of
 * image_file_open() and of the formats; REFUSAL_NOT_A_DISK_IMAGE for content of no known format.
 */
int image_open(const char *path, struct findings *findings, struct image **ret, struct error *err);

#endif
