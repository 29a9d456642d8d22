/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One VHDX file: what its structures say, in memory, and the block map that is read by it. Internal
 * to vhd/.
 *
 * Nothing here grows with the virtual disk: the BAT and the sector bitmaps are read in windows of
 * fixed size.
 */
#ifndef HVGEN2_VHD_VHDX_MAP_H
#define HVGEN2_VHD_VHDX_MAP_H

#include "vhd/image_file.h"
#include "vhd/vhdx_format.h"
#include "vhd/vhdx_geometry.h"
#include "vhd/vhdx_header.h"
#include "vhd/vhdx_metadata.h"
#include "vhd/window.h"

struct vhdx {
	struct image image;
	struct vhdx_header header;
	struct vhdx_regions regions;
	struct vhdx_metadata metadata;
	struct vhdx_geometry geometry;
	struct window bat_window;    /* onto the BAT */
	struct window bitmap_window; /* onto the bitmap block that was asked last */
	struct window bitmap_entry;  /* onto the BAT as well, one entry wide */
};

/* The place in the file of BAT entry 'index'. */
static inline uint64_t vhdx_entry_offset(const struct vhdx *vhdx, uint64_t index)
{
	return vhdx->regions.bat.offset + index * VHDX_BAT_ENTRY_SIZE;
}

/* image_ops.lookup */
int vhdx_lookup(struct image *image, uint64_t offset, uint64_t length, struct image_extent *ret,
		struct error *err);

#endif
