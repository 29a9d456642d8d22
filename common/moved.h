/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the partitions of an MBR disk are found on the GPT disk that is made of it: what every part
 * of a guest must be told that names partitions (boot stores, registry, ReAgent.xml).
 */
#ifndef HVGEN2_COMMON_MOVED_H
#define HVGEN2_COMMON_MOVED_H

#include <stddef.h>
#include <stdint.h>

#include "common/guid.h"

struct moved_partition {
	uint64_t mbr_offset;  /* bytes from the start of the old disk */
	struct guid gpt_guid; /* unique GUID of its entry in the new table */
	uint64_t new_offset;  /* bytes from the start of the new disk */
};

struct moved_disk {
	uint32_t mbr_signature;
	struct guid gpt_disk;			  /* disk GUID of the new table */
	const struct moved_partition *partitions; /* borrowed */
	size_t partition_count;
};

/* The partition that started at byte 'mbr_offset' of the old disk; NULL when none did. */
const struct moved_partition *moved_find(const struct moved_disk *disk, uint64_t mbr_offset);

#endif
