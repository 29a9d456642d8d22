/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of vhdx_write() and vhdx_estimate(), shared by their parts. Internal to vhd/. */
#ifndef HVGEN2_VHD_VHDX_WRITER_H
#define HVGEN2_VHD_VHDX_WRITER_H

#include "common/checked.h"
#include "common/disk.h"
#include "common/error.h"
#include "vhd/copy.h"
#include "vhd/vhd.h"
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

/*
 * Fill what follows from spec and contents: shape, parent, layout. No memory is allocated: buffers
 * are NULL. Errors: mistakes of the caller.
 */
int vhdx_writer_init(struct vhdx_writer *w, int fd, const char *name, const struct vhdx_spec *spec,
		     struct disk *contents, struct error *err);

#endif
