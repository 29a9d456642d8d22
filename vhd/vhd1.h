/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHD (version 1): opening one file. Internal to vhd/. */
#ifndef HVGEN2_VHD_VHD1_H
#define HVGEN2_VHD_VHD1_H

#include "vhd/findings.h"
#include "vhd/image_file.h"
#include "vhd/vhd1_footer.h"

/*
 * Take over 'file' and read its structures. 'footer' is the one that counts, or NULL: it is to be
 * found. What is left of 'file' on failure, open or not, is for the caller to close. 'findings' are
 * the checker's; NULL: what is tolerated is noted in the image's own. Errors: ERROR_DAMAGED with
 * the offset, ERROR_FAILED.
 */
int vhd1_image_open(struct image_file *file, const struct vhd1_footer *footer,
		    struct findings *findings, struct image **ret, struct error *err);

#endif
