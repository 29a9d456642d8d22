/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the partitions of the old disk are: see moved.h. */
#include "common/moved.h"

const struct moved_partition *moved_find(const struct moved_disk *disk, uint64_t mbr_offset)
{
	for (size_t i = 0; i < disk->partition_count; i++)
		if (disk->partitions[i].mbr_offset == mbr_offset)
			return &disk->partitions[i];
	return NULL;
}
