/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader of FAT volumes. Input: the first bytes of a volume of 64 MiB, zeros behind them. Every
 * file and folder to some depth is looked for and read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/fat32/read.h"
#include "tests/fuzz/fuzz.h"

#define DISK_SIZE (64 * MIB)
#define MAX_DEPTH 4
#define MAX_FILES 64 /* looked at in one folder */

struct memory_disk {
	struct disk disk;
	const uint8_t *data;
	size_t size;
};

static int read_memory(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	const struct memory_disk *memory = (const struct memory_disk *)disk;
	size_t there = offset < memory->size ? min_u64(length, memory->size - offset) : 0;

	(void)err;
	memset(buffer, 0, length);
	if (there)
		memcpy(buffer, memory->data + offset, there);
	return 0;
}

static const struct disk_ops memory_ops = {.read = read_memory};

static void read_one(struct fat_volume *volume, const char *path)
{
	CLEANUP_FREE uint8_t *data = NULL;
	size_t size = 0;
	uint8_t sum = 0;

	if (fat_volume_read_file(volume, path, MIB, &data, &size, NULL) < 0)
		return;
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + data[i]);
	if (size > MIB || (size == 0 && sum))
		abort();
}

static void look_below(struct fat_volume *volume, const char *path, int depth)
{
	struct error err = ERROR_INIT;
	struct fat_file *files = NULL, again;
	size_t count = 0;

	if (depth > MAX_DEPTH || fat_volume_list(volume, path, &files, &count, &err) < 0)
		return;
	for (size_t i = 0; i < count && i < MAX_FILES; i++) {
		CLEANUP_FREE char *below = NULL;

		if (asprintf(&below, "%s\\%s", path, files[i].name) < 0)
			abort();
		fat_volume_find(volume, below, &again, NULL);
		read_one(volume, below);
		if (files[i].is_folder)
			look_below(volume, below, depth + 1);
	}
	fat_files_free(files, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_disk memory = {
		.disk = {.ops = &memory_ops, .name = "fuzz", .size = DISK_SIZE, .sector_size = 512},
		.data = data,
		.size = size};
	CLEANUP_FAT_VOLUME struct fat_volume *volume = NULL;
	struct error err = ERROR_INIT;

	if (fat_volume_open(&memory.disk, &volume, &err) < 0)
		return err.kind == ERROR_DAMAGED ? 0 : (abort(), 0);
	if (strlen(fat_volume_label(volume)) > 3 * 11)
		abort();
	look_below(volume, "", 0);
	return 0;
}
