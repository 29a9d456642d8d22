/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ext file systems, through libext2fs. Input: the blocks that are not zero, each of 1 KiB behind two
 * bytes with its number; the disk has 4 MiB. Every file and folder to some depth is looked for and
 * read. (A whole image would be zeros for the most part.)
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/bytes.h"
#include "convert/linux_files/linux_files.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/linux_disk.h"

#define BLOCK	  1024
#define RECORD	  (2 + BLOCK)
#define DISK_SIZE (4 * MIB)
#define MAX_DEPTH 3
#define MAX_FILES 32 /* looked at in one folder */

static uint8_t image[DISK_SIZE];

static void read_one(struct linux_files *files, const char *path)
{
	CLEANUP_FREE uint8_t *data = NULL;
	struct error err = ERROR_INIT;
	size_t size = 0;
	uint8_t sum = 0;

	if (linux_files_read(files, path, MIB, &data, &size, &err) < 0) {
		if (err.kind == ERROR_NONE)
			abort();
		return;
	}
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + data[i]);
	if (size > MIB || (size == 0 && sum) || data[size])
		abort();
}

static void look_below(struct linux_files *files, const char *path, int depth)
{
	char **names;
	size_t count;

	if (depth > MAX_DEPTH || linux_files_list(files, path, &names, &count, NULL) < 0)
		return;
	for (size_t i = 0; i < count && i < MAX_FILES; i++) {
		CLEANUP_FREE char *below = NULL;

		if (asprintf(&below, "%s/%s", path, names[i]) < 0)
			abort();
		read_one(files, below);
		look_below(files, below, depth + 1);
	}
	linux_files_names_free(names, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct linux_disk disk = linux_disk_of(image, sizeof(image), sizeof(image));
	CLEANUP_LINUX_FILES struct linux_files *files = NULL;
	struct error err = ERROR_INIT;

	memset(image, 0, sizeof(image));
	for (size_t at = 0; at + RECORD <= size; at += RECORD)
		memcpy(image + get_le16(data + at) % (DISK_SIZE / BLOCK) * BLOCK, data + at + 2,
		       BLOCK);
	if (linux_files_open(&disk.disk, &files, &err) < 0)
		return err.kind == ERROR_DAMAGED || err.kind == ERROR_REFUSED ? 0 : (abort(), 0);
	(void)linux_files_grub_trouble(files);
	look_below(files, "", 0);
	return 0;
}
