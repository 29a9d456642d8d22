/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The change set: the target disk as a mapping of ranges of the source, with a sparse set of
 * changed sectors on top of it, all in memory. It is a writable 'struct disk'; nothing else is ever
 * written before the output.
 */
#ifndef HVGEN2_CONVERT_CHANGES_H
#define HVGEN2_CONVERT_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"

/* Target bytes [target, target + length) are source bytes [source, source + length). Multiples of
 * the sector size. */
struct changes_range {
	uint64_t target;
	uint64_t source;
	uint64_t length;
};

/*
 * A disk of 'size' bytes. 'ranges' are sorted by target and do not overlap; bytes outside of them
 * are holes. 'source' is borrowed and must outlive the result, which is closed with disk_close().
 * At most 'max_bytes' of changed data are kept: a write beyond that is -ENOMEM (a damaged file
 * system must not eat the machine).
 */
int changes_open(struct disk *source, uint64_t size, const struct changes_range *ranges,
		 size_t count, uint64_t max_bytes, struct disk **ret, struct error *err);

/* Bytes of sectors changed so far; 'disk' must come from changes_open(). */
uint64_t changes_bytes(const struct disk *disk);

#endif
