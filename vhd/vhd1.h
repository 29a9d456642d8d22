/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHD (version 1): telling one by its footer, and opening it. Internal to vhd/. */
#ifndef HVGEN2_VHD_VHD1_H
#define HVGEN2_VHD_VHD1_H

#include <stdbool.h>

#include "vhd/findings.h"
#include "vhd/image_file.h"

/*
 * Is there the footer of a VHD, at the end or in front? 'file' has at least one sector. Fails only
 * when it cannot be read.
 */
int vhd1_recognise(const struct image_file *file, bool *ret, struct error *err);

/*
 * Take over 'file' and read its structures. What is left of 'file' on failure, open or not, is for
 * the caller to close. 'findings' are the checker's; NULL: what is tolerated is noted in the
 * image's own. Errors: ERROR_DAMAGED with the offset, ERROR_FAILED.
 */
int vhd1_image_open(struct image_file *file, struct findings *findings, struct image **ret,
		    struct error *err);

#endif
