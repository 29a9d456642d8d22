/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One VHD (version 1) file: what its structures say, in memory, and the block map that is read by
 * it. Internal to vhd/.
 */
#ifndef HVGEN2_VHD_VHD1_MAP_H
#define HVGEN2_VHD_VHD1_MAP_H

#include "vhd/findings.h"
#include "vhd/image_file.h"
#include "vhd/window.h"

struct vhd1 {
	struct image image;
	uint64_t header_offset; /* of the dynamic header; fixed: not used */
	uint64_t bat_offset;
	uint64_t blocks;
	uint32_t block_size;
	uint32_t bitmap_size; /* bytes in front of each block's data, whole sectors */
	uint32_t timestamp;   /* of the footer */
	uint32_t parent_time; /* what the child remembers of its parent's */
	struct window bat_window;
	struct window bitmap_window;
};

/* image_ops.lookup for all but fixed disks. */
int vhd1_lookup(struct image *image, uint64_t offset, uint64_t length, struct image_extent *ret,
		struct error *err);

/* The BAT entries from that of 'block' on, as many as the window holds; valid until the next call.
 */
int vhd1_read_bat(struct vhd1 *vhd, uint64_t block, const uint8_t **ret, size_t *ret_count,
		  struct error *err);

/* Look at every BAT entry; as vhdx_scan() in vhdx_scan.h. */
int vhd1_scan(struct vhd1 *vhd, struct findings *findings, uint64_t states[VHD_STATES],
	      uint64_t *ret_slack, struct error *err);

#endif
