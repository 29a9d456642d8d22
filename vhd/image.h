/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening one image file, whatever its format. Internal to vhd/. */
#ifndef HVGEN2_VHD_IMAGE_H
#define HVGEN2_VHD_IMAGE_H

#include <stdbool.h>

#include "common/error.h"
#include "vhd/findings.h"
#include "vhd/image_file.h"

/*
 * Take over 'file' and read its structures. One per format. What is left of 'file' on failure, open
 * or not, is for the caller to close. 'findings' may be NULL, otherwise what a strict reader would
 * refuse but this one tolerates is noted there.
 */
int vhdx_image_open(struct image_file *file, struct findings *findings, struct image **ret,
		    struct error *err);

/* Is there the footer of a VHD, at the end or in front? 'file' has at least one sector. */
int vhd1_recognise(const struct image_file *file, bool *ret, struct error *err);
int vhd1_image_open(struct image_file *file, struct findings *findings, struct image **ret,
		    struct error *err);

/* Open 'path' and recognise the format. */
int image_open(const char *path, struct findings *findings, struct image **ret, struct error *err);

#endif
