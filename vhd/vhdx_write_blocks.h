/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The blocks of a VHDX being written, in pieces that are alike. Internal to vhd/. */
#ifndef HVGEN2_VHD_VHDX_WRITE_BLOCKS_H
#define HVGEN2_VHD_VHDX_WRITE_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/disk.h"
#include "vhd/vhdx_writer.h"

/* A part of the contents that is alike. */
struct piece {
	bool is_same; /* as in the parent */
	struct disk_extent extent;
};

/* Only zeros, as far as the block map knows. */
static inline bool piece_is_empty(const struct piece *piece)
{
	return piece->extent.kind == DISK_HOLE || piece->extent.kind == DISK_ZERO;
}

/*
 * The piece at 'offset' (whole sectors), up to 'end'. Pieces of a differencing disk are whole
 * sectors, as its bitmaps are: a sector that is put together from several places counts as changed
 * and is read.
 */
int vhdx_next_piece(struct vhdx_writer *w, uint64_t offset, uint64_t end, struct piece *ret);

/* Write all blocks, the BAT and the bitmaps. */
int vhdx_write_blocks(struct vhdx_writer *w);

#endif
