/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs of equal bits in the sector bitmaps of VHDX (lowest bit of a byte first) and VHD (highest
 * first). Internal. */
#ifndef HVGEN2_VHD_BITS_H
#define HVGEN2_VHD_BITS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/checked.h"

enum bit_order { LOWEST_FIRST, HIGHEST_FIRST };

static inline bool bit_is_set(const uint8_t *bytes, uint64_t i, enum bit_order order)
{
	return bytes[i / 8] >> (order == LOWEST_FIRST ? i % 8 : 7 - i % 8) & 1;
}

/* How many of the 'count' (> 0) bits from 'first' on are like the first of them; *ret_set says
 * which. */
static inline uint64_t bit_run(const uint8_t *bytes, uint64_t first, uint64_t count,
			       enum bit_order order, bool *ret_set)
{
	bool set = bit_is_set(bytes, first, order);
	uint64_t i = first, end = first + count;

	while (i < end) {
		if (i % 8 == 0 && bytes[i / 8] == (set ? 0xff : 0x00))
			i += 8;
		else if (bit_is_set(bytes, i, order) == set)
			i++;
		else
			break;
	}
	*ret_set = set;
	return min_u64(i, end) - first;
}

#endif
