/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of vhdx_write(), shared by its parts. Internal to vhd/. */
#ifndef HVGEN2_VHD_VHDX_WRITER_H
#define HVGEN2_VHD_VHDX_WRITER_H

#include "vhd/copy.h"
#include "vhd/vhdx_format.h"
#include "vhd/vhdx_geometry.h"
#include "vhd/vhdx_metadata.h"

#define WRITER_LOG_OFFSET      (1 * MIB)
#define WRITER_LOG_LENGTH      MIB
#define WRITER_METADATA_OFFSET (2 * MIB)
#define WRITER_METADATA_LENGTH MIB
#define WRITER_BAT_OFFSET      (3 * MIB)
#define WRITER_BAT_WINDOW      (64 * KIB)

struct vhdx_writer {
	const struct vhdx_spec *spec;
	struct disk *contents;
	struct disk *parent; /* NULL unless differencing */
	const struct vhd_progress *progress;
	struct error *err;
	struct copy copy;
	struct vhdx_metadata metadata;
	struct vhdx_geometry geometry;
	uint64_t bat_length;
	uint64_t bitmaps; /* file offset of the bitmap of chunk 0; the others follow */
	uint64_t end;	  /* of the file so far: where the next block goes */
	uint8_t *bat;	  /* WRITER_BAT_WINDOW bytes from 'bat_offset' of the BAT */
	uint64_t bat_offset;
	uint64_t next_chunk; /* the first whose bitmap is not in the BAT yet */
	uint8_t *bits;	     /* the bitmap of one block, 64 KiB at most */
};

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

/*
 * Fill what follows from spec and contents: shape, parent, layout. Errors: mistakes of the caller.
 */
int vhdx_writer_init(struct vhdx_writer *w, int fd, const char *name, const struct vhdx_spec *spec,
		     struct disk *contents, struct error *err);

/* Write all blocks, the BAT and the bitmaps. */
int vhdx_write_blocks(struct vhdx_writer *w);

/*
 * The parent locator of 'parent' as it goes into the metadata: new bytes to be freed, *ret_length
 * of them. NULL with *err filled on failure.
 */
uint8_t *vhdx_make_locator(const struct vhdx_parent *parent, size_t *ret_length, struct error *err);

#endif
