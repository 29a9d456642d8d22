/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHDX: opening one file. Internal to vhd/. */
#ifndef HVGEN2_VHD_VHDX_H
#define HVGEN2_VHD_VHDX_H

#include "vhd/findings.h"
#include "vhd/image_file.h"

/*
 * Take over 'file' and read its structures. What is left of 'file' on failure, open or not, is for
 * the caller to close. 'findings' are the checker's; NULL: what is tolerated is noted in the
 * image's own. Errors: ERROR_DAMAGED with the offset, REFUSAL_LOG_DAMAGED,
 * REFUSAL_NOT_A_DISK_IMAGE for what only newer readers know, ERROR_FAILED.
 */
int vhdx_image_open(struct image_file *file, struct findings *findings, struct image **ret,
		    struct error *err);

#endif
