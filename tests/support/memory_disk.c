/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/memory_disk.h"

#include <string.h>

static int memory_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	(void)err;
	memcpy(buffer, ((struct memory_disk *)disk)->bytes + offset, length);
	return 0;
}

static int memory_write(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
			struct error *err)
{
	(void)err;
	memcpy(((struct memory_disk *)disk)->bytes + offset, buffer, length);
	return 0;
}

static const struct disk_ops memory_ops = {.read = memory_read, .write = memory_write};

void memory_disk_init(struct memory_disk *memory, uint8_t *bytes, uint64_t size)
{
	memory->disk = (struct disk){&memory_ops, "memory", size, 512};
	memory->bytes = bytes;
}
