/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the BAT of a VHDX is laid out (MS-VHDX 2.5). Internal to vhd/. */
#ifndef HVGEN2_VHD_VHDX_GEOMETRY_H
#define HVGEN2_VHD_VHDX_GEOMETRY_H

#include <stdint.h>

#include "vhd/vhdx_metadata.h"

/* The shape of the BAT, MS-VHDX 2.5: after every 'chunk_ratio' payload entries stands one of a
 * sector bitmap. */
struct vhdx_geometry {
	uint64_t blocks;
	uint64_t chunk_ratio; /* payload blocks per chunk, a power of two */
	uint64_t chunks;
	uint64_t entries;
};

/* Of a disk whose sizes are sane, as vhdx_read_metadata() gives them. */
struct vhdx_geometry vhdx_geometry(const struct vhdx_metadata *metadata);

/* The BAT index of payload block 'block', and of the sector bitmap of 'chunk'. */
uint64_t vhdx_payload_index(const struct vhdx_geometry *geometry, uint64_t block);
uint64_t vhdx_bitmap_index(const struct vhdx_geometry *geometry, uint64_t chunk);

#endif
