/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The metadata region of a VHDX (MS-VHDX 2.6). Internal to vhd/. */
#ifndef HVGEN2_VHD_VHDX_METADATA_H
#define HVGEN2_VHD_VHDX_METADATA_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/guid.h"
#include "vhd/findings.h"
#include "vhd/image_file.h"
#include "vhd/vhdx_header.h"

/* MS-VHDX 2.6, the items that every file has. */
struct vhdx_metadata {
	uint32_t block_size;
	bool leave_allocated;
	bool has_parent;
	uint64_t disk_size;
	struct guid disk_id;
	uint32_t logical_sector;
	uint32_t physical_sector;
	uint64_t locator_offset; /* in the file; 0: no parent locator */
	uint32_t locator_length;
};

/*
 * Read the items of 'region', checked one by one and together. Errors: ERROR_DAMAGED,
 * REFUSAL_NOT_A_DISK_IMAGE for an unknown item that is marked as required.
 */
int vhdx_read_metadata(const struct image_file *file, const struct vhdx_region *region,
		       struct findings *findings, struct vhdx_metadata *ret, struct error *err);

#endif
