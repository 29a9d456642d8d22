/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The images that are written: what they keep of the source's image. The boot disk has a plan of
 * its own around it (plan.h); of a data disk this is all of it, for its content stays.
 */
#ifndef HVGEN2_CONVERT_PLAN_IMAGE_H
#define HVGEN2_CONVERT_PLAN_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "vhd/vhd.h"

/*
 * The image of an output of 'format'. 'type' is VHD_TYPE_MAX for what the source is, checkpoints
 * merged. Its disk id is the source's, its write GUIDs are left to the caller, its parent to the
 * writer. Errors: REFUSAL_LAYOUT_IMPOSSIBLE for a child of what is no VHDX.
 */
int plan_image_spec(const struct vhd_info *image, enum vhd_format format, enum vhd_type type,
		    struct vhdx_spec *ret, struct error *err);

/* What a VHD cannot be: REFUSAL_SECTOR_SIZE, REFUSAL_LAYOUT_IMPOSSIBLE for its size. */
int plan_image_check(enum vhd_format format, uint64_t size, uint32_t sector_size,
		     struct error *err);

/* The GUID of a name: always the same one. */
struct guid plan_image_guid(const char *name);

struct plan_data_options {
	const char *name; /* by which the disks of a VM are told apart */
	enum vhd_format format;
	enum vhd_type type; /* as in plan_image_spec() */
	uint64_t source_time;
	bool random_guids;
};

/* The image of a data disk, with the content of 'source', from vhd_open(). Errors: those of the
 * first two. */
int plan_data_disk(const struct disk *source, const struct plan_data_options *options,
		   struct vhdx_spec *ret, struct error *err);

#endif
