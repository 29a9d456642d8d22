/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A disk with changes on top of another one, as the writers are given: bytes in memory, zeros, and
 * the base's own extents everywhere else. It can be larger than its base.
 */
#ifndef HVGEN2_TESTS_VHD_PATCHED_H
#define HVGEN2_TESTS_VHD_PATCHED_H

#include "common/disk.h"

#define PATCHES 64

struct patched {
	struct disk disk;
	struct disk *base;
	struct {
		uint64_t offset, length;
		uint8_t *bytes; /* NULL: zeros */
	} patch[PATCHES];
	size_t count;
};

void patched_init(struct patched *patched, struct disk *base, uint64_t size);

/*
 * Random changes which do not overlap, the same to the raw file 'oracle'. With 'whole_sectors'
 * their ends are those of sectors.
 */
void patched_randomise(struct patched *patched, const char *oracle, unsigned int count,
		       uint64_t max_length, uint64_t *state, int whole_sectors);
void patched_done(struct patched *patched);
#define CLEANUP_PATCHED CLEANUP(patched_done)

#endif
