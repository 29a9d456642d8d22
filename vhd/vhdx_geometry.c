/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the BAT of a VHDX is laid out: see vhdx_geometry.h. */
#include "vhd/vhdx_geometry.h"

#include "common/checked.h"
#include "vhd/vhdx_format.h"

struct vhdx_geometry vhdx_geometry(const struct vhdx_metadata *metadata)
{
	struct vhdx_geometry geometry = {
		.blocks = div_round_up(metadata->disk_size, metadata->block_size),
		.chunk_ratio = VHDX_CHUNK_SECTORS * metadata->logical_sector / metadata->block_size,
	};

	geometry.chunks = div_round_up(geometry.blocks, geometry.chunk_ratio);
	geometry.entries = metadata->has_parent
				   ? geometry.chunks * (geometry.chunk_ratio + 1)
				   : geometry.blocks + (geometry.blocks - 1) / geometry.chunk_ratio;
	return geometry;
}

uint64_t vhdx_payload_index(const struct vhdx_geometry *geometry, uint64_t block)
{
	return block + block / geometry->chunk_ratio;
}

uint64_t vhdx_bitmap_index(const struct vhdx_geometry *geometry, uint64_t chunk)
{
	return (chunk + 1) * geometry->chunk_ratio + chunk;
}
