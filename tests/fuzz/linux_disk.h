/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For the targets of linux_files: the input as the first bytes of a larger disk, zeros behind. */
#ifndef HVGEN2_TESTS_FUZZ_LINUX_DISK_H
#define HVGEN2_TESTS_FUZZ_LINUX_DISK_H

#include <string.h>

#include "common/checked.h"
#include "common/disk.h"

struct linux_disk {
	struct disk disk;
	const uint8_t *data;
	size_t size;
};

static inline int linux_disk_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
				  struct error *err)
{
	const struct linux_disk *linux_disk = (const struct linux_disk *)disk;
	size_t there = offset < linux_disk->size ? min_u64(length, linux_disk->size - offset) : 0;

	(void)err;
	memset(buffer, 0, length);
	if (there)
		memcpy(buffer, linux_disk->data + offset, there);
	return 0;
}

static const struct disk_ops linux_disk_ops = {.read = linux_disk_read};

static inline struct linux_disk linux_disk_of(const uint8_t *data, size_t size, uint64_t disk_size)
{
	return (struct linux_disk){.disk = {.ops = &linux_disk_ops,
					    .name = "fuzz",
					    .size = disk_size,
					    .sector_size = 512},
				   .data = data,
				   .size = size};
}

#endif
