/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk whose bytes stand in memory, for reading and writing. */
#ifndef HVGEN2_TESTS_SUPPORT_MEMORY_DISK_H
#define HVGEN2_TESTS_SUPPORT_MEMORY_DISK_H

#include "common/disk.h"

struct memory_disk {
	struct disk disk;
	uint8_t *bytes; /* borrowed */
};

/* 'size' is a multiple of 512. Nothing to release. */
void memory_disk_init(struct memory_disk *memory, uint8_t *bytes, uint64_t size);

#endif
