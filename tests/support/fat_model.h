/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of files that a FAT32 file system should hold, put into it by us and taken out of it by
 * foreign tools. */
#ifndef HVGEN2_TESTS_SUPPORT_FAT_MODEL_H
#define HVGEN2_TESTS_SUPPORT_FAT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "convert/fat32/fat32.h"

struct fat_model_file {
	char *path; /* with a leading slash */
	uint8_t *data;
	size_t size;
	int64_t mtime;
};

struct fat_model {
	struct fat_model_file *files;
	size_t count;
};

/* Add a file of 'size' bytes that depend on path and size. */
void fat_model_add(struct fat_model *model, const char *path, size_t size, int64_t mtime);
void fat_model_done(struct fat_model *model);
#define CLEANUP_MODEL CLEANUP(fat_model_done)

/* Add copies of all files to 'fat', the last one first when 'backwards'. */
int fat_model_fill(const struct fat_model *model, struct fat32 *fat, bool backwards,
		   struct error *err);

/* Are fsck.fat and mtools installed? */
bool fat_model_has_tools(void);

/*
 * Let fsck.fat check the image and mtools copy everything out; compare names, contents and times.
 * Returns NULL when all is well, else what is wrong, to be freed.
 */
char *fat_model_check(const struct fat_model *model, const char *image);

#endif
