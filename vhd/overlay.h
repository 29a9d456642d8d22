/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The changes that a VHDX log holds for its file, laid over the file when it is read, so that a log
 * is replayed without writing. Only where each page stands in the log is kept in memory, not the
 * page. Internal to vhd/.
 */
#ifndef HVGEN2_VHD_OVERLAY_H
#define HVGEN2_VHD_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define OVERLAY_PAGE 4096

/* Bytes [offset, offset + length) of the file, both multiples of OVERLAY_PAGE. */
struct overlay_range {
	uint64_t offset;
	uint64_t length;    /* one page unless it reads as zeros */
	uint64_t source;    /* file offset of the page's data sector in the log; 0: zeros */
	uint8_t leading[8]; /* the bytes of the page which the data sector does not hold
			       (MS-VHDX 2.3.1.2) */
	uint8_t trailing[4];
};

/* Sorted, without overlap. */
struct overlay {
	struct overlay_range *ranges;
	size_t count;
	size_t capacity;
};

/* Lay 'range' over what is there. Returns 0, or -ENOMEM. */
int overlay_add(struct overlay *overlay, const struct overlay_range *range);

/*
 * Replace the part of 'buffer', which holds [offset, offset + length) of the file 'fd', that the
 * overlay covers. Returns 0 or a negative errno.
 */
int overlay_apply(const struct overlay *overlay, int fd, void *buffer, size_t length,
		  uint64_t offset);

/* How many bytes from 'offset' on are alike, at most 'length'; *ret_covered says whether by the
 * overlay. */
uint64_t overlay_run(const struct overlay *overlay, uint64_t offset, uint64_t length,
		     bool *ret_covered);

void overlay_done(struct overlay *overlay);

#endif
