/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The headers of a VHDX and its region tables (MS-VHDX 2.2.2, 2.2.3). Internal to vhd/. */
#ifndef HVGEN2_VHD_VHDX_HEADER_H
#define HVGEN2_VHD_VHDX_HEADER_H

#include <stdint.h>

#include "common/error.h"
#include "common/guid.h"
#include "vhd/findings.h"
#include "vhd/image_file.h"

/* MS-VHDX 2.2.2 */
struct vhdx_header {
	uint64_t sequence;
	struct guid file_write;
	struct guid data_write;
	struct guid log_guid; /* zero: the log is empty */
	uint16_t log_version;
	uint16_t version;
	uint32_t log_length;
	uint64_t log_offset;
};

/* MS-VHDX 2.2.3 */
struct vhdx_region {
	uint64_t offset;
	uint32_t length; /* 0: not found yet */
};

/* A region of no known use. */
struct vhdx_other_region {
	struct vhdx_region region;
	uint64_t at; /* its entry, in the file */
};

/* The two that every file has, and what else its table names. */
struct vhdx_regions {
	struct vhdx_region bat;
	struct vhdx_region metadata;
	struct vhdx_other_region *others;
	size_t other_count;
};

void vhdx_regions_done(struct vhdx_regions *regions);

/*
 * The current header; ERROR_DAMAGED when there is none or it is not sane.
 */
int vhdx_read_header(const struct image_file *file, struct findings *findings,
		     struct vhdx_header *ret, struct error *err);

/*
 * Both regions, from the first region table that is whole: whole MiB within the file, which overlap
 * neither the log nor each other; what is wrong with the others is a finding. *ret is zero before,
 * and to be released with vhdx_regions_done() in every case. Errors: ERROR_DAMAGED, REFUSAL_NOT_A_DISK_IMAGE for an unknown
 * region that is marked as required.
 */
int vhdx_read_regions(const struct image_file *file, const struct vhdx_header *header,
		      struct findings *findings, struct vhdx_regions *ret, struct error *err);

#endif
