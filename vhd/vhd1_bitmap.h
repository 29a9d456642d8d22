/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data under clear bits of a dynamic VHD. Internal to vhd/. */
#ifndef HVGEN2_VHD_VHD1_BITMAP_H
#define HVGEN2_VHD_VHD1_BITMAP_H

#include "vhd/findings.h"
#include "vhd/vhd1_map.h"

/*
 * Note blocks of which sectors are marked as never written and yet are not zero: the format says
 * that they read as zeros, and so they do here, but qemu and tools made after it read the data. A
 * sample is looked at, so that a large disk opens as fast as a small one: 1024 of the 'allocated'
 * blocks, evenly spread, and 32 MiB of data. Errors: I/O.
 */
int vhd1_note_clear_bits(struct vhd1 *vhd, uint64_t allocated, struct findings *findings,
			 struct error *err);

#endif
