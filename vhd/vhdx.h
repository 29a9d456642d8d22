/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One VHDX file: what its structures say, in memory. Internal to vhd/.
 *
 * Nothing here grows with the virtual disk: the BAT and the sector bitmaps are read in windows of
 * fixed size.
 */
#ifndef HVGEN2_VHD_VHDX_H
#define HVGEN2_VHD_VHDX_H

#include "vhd/findings.h"
#include "vhd/image_file.h"
#include "vhd/vhdx_format.h"
#include "vhd/vhdx_geometry.h"
#include "vhd/vhdx_header.h"
#include "vhd/vhdx_metadata.h"
#include "vhd/window.h"

struct vhdx {
	struct image image;
	struct vhdx_header header;
	struct vhdx_region bat;
	struct vhdx_region metadata_region;
	struct vhdx_metadata metadata;
	struct vhdx_geometry geometry;
	struct window bat_window;
	struct window bitmap_window;
	struct window bitmap_entry;
};

/*
 * Take over 'file' and read its structures. What is left of 'file' on failure, open or not, is for
 * the caller to close. 'findings' may be NULL, otherwise what a strict reader would refuse but this
 * one tolerates is noted there. Errors: ERROR_DAMAGED with the offset, REFUSAL_LOG_DAMAGED,
 * REFUSAL_NOT_A_DISK_IMAGE for what only newer readers know, ERROR_FAILED.
 */
int vhdx_image_open(struct image_file *file, struct findings *findings, struct image **ret,
		    struct error *err);

/* image_ops.lookup */
int vhdx_lookup(struct image *image, uint64_t offset, uint64_t length, struct image_extent *ret,
		struct error *err);

/* Look at every BAT entry; see vhdx_scan.c. */
int vhdx_scan(struct vhdx *vhdx, struct findings *findings, uint64_t states[VHD_STATES],
	      uint64_t *ret_slack, struct error *err);

#endif
