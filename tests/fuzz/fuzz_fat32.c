/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The FAT32 writer with names from a guest. Input: paths, one in a line; the first byte of each is
 * the size of the file. Whatever is accepted must be written, and the short names of a folder must
 * be valid and differ.
 */
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/fat32/fat32.h"
#include "convert/fat32/tree.h"
#include "tests/fuzz/fuzz.h"

#define DISK_SIZE (40 * MIB)
#define MAX_FILES 200

static int discard(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
		   struct error *err)
{
	(void)disk;
	(void)buffer;
	(void)length;
	(void)offset;
	(void)err;
	return 0;
}

static const struct disk_ops discard_ops = {.write = discard};

static void add(struct fat32 *fat, const uint8_t *line, size_t length)
{
	char *path = calloc(1, length + 1);
	uint8_t *data = calloc(1, line[0] + 1U);

	if (!path || !data)
		abort();
	memcpy(path, line + 1, length - 1);
	fat32_add(fat, path, data, line[0], line[0] * INT64_C(100000000), NULL);
	free(path);
}

static void check_short_name(const uint8_t *name)
{
	bool padding = false;

	if (name[0] == ' ')
		abort();
	for (size_t i = 0; i < FAT_SHORT_NAME; i++) {
		padding = i != 8 && (padding || name[i] == ' ');
		if (padding ? name[i] != ' ' : name[i] != ' ' && !fat_short_char_is_valid(name[i]))
			abort();
	}
}

static void check_folder(const struct fat_node *folder)
{
	for (size_t i = 0; i < folder->child_count; i++) {
		const struct fat_node *child = folder->children[i];

		check_short_name(child->short_name);
		for (size_t j = 0; j < i; j++)
			if (memcmp(child->short_name, folder->children[j]->short_name,
				   FAT_SHORT_NAME) == 0)
				abort();
		check_folder(child);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fat32_spec spec = {.label = "FUZZ"};
	struct disk disk = {.ops = &discard_ops,
			    .name = "fuzz",
			    .size = DISK_SIZE,
			    .sector_size = 512};
	CLEANUP_FAT32 struct fat32 *fat = NULL;

	if (fat32_new(&spec, &fat, NULL) < 0)
		abort();
	for (size_t files = 0; size > 0 && files < MAX_FILES; files++) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t length = end ? (size_t)(end - data) : size;

		if (length > 1)
			add(fat, data, length);
		length += end != NULL;
		data += length;
		size -= length;
	}
	if (fat32_write(fat, &disk, NULL) < 0)
		abort();
	check_folder(fat->root);
	return 0;
}
