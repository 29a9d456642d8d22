/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a differencing VHDX names its parent (MS-VHDX 2.6.2.6). Internal to vhd/. */
#ifndef HVGEN2_VHD_VHDX_LOCATOR_H
#define HVGEN2_VHD_VHDX_LOCATOR_H

#include "common/error.h"
#include "vhd/findings.h"
#include "vhd/image_file.h"
#include "vhd/vhdx_metadata.h"

/*
 * Read the parent locator, which 'metadata' has, into *ret, which is zero; on failure as well it is
 * to be released with parent_reference_done(). ERROR_DAMAGED when it lacks
 * a linkage or any path, or when what it has is not sane.
 */
int vhdx_read_locator(const struct image_file *file, const struct vhdx_metadata *metadata,
		      struct findings *findings, struct parent_reference *ret, struct error *err);

#endif
