/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a FAT12, FAT16 or FAT32 volume on a 'struct disk' (Microsoft FAT specification 1.03,
 * "fatgen103"). Nothing is ever written. In process and of our own, because mtools and the kernel
 * need a file of the volume alone, and libguestfs takes seconds.
 *
 * Paths are UTF-8 with backslashes or slashes, from the root of the volume; names are found
 * regardless of case, by their long and by their short form. Messages name the file in the volume;
 * which disk and partition it is, the caller adds.
 *
 * Chains of clusters are followed only as far as a volume of this size can need: loops, links out of
 * the volume and to free clusters are ERROR_DAMAGED. Files that share clusters are not noticed.
 */
#ifndef HVGEN2_CONVERT_FAT32_READ_H
#define HVGEN2_CONVERT_FAT32_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"

struct fat_volume;

/*
 * Open the volume that fills 'disk', which is borrowed. Errors: ERROR_DAMAGED when the boot sector
 * contradicts itself or says more than fits on the disk; I/O.
 */
int fat_volume_open(struct disk *disk, struct fat_volume **ret, struct error *err);
void fat_volume_cleanup(struct fat_volume **volume);
#define CLEANUP_FAT_VOLUME CLEANUP(fat_volume_cleanup)

/* 12, 16 or 32. */
unsigned int fat_volume_bits(const struct fat_volume *volume);
/* UTF-8, belongs to the volume; "" when there is none. */
const char *fat_volume_label(const struct fat_volume *volume);

struct fat_file {
	char *name; /* UTF-8: the long name where there is one */
	bool is_folder;
	uint32_t size; /* bytes; 0 for a folder */
	uint32_t first_cluster;
};

/*
 * The entries of a folder, without "." and "..", in the order on disk; to be released with
 * fat_files_free(). -ENOENT and -ENOTDIR (with *err filled as ERROR_FAILED).
 */
int fat_volume_list(struct fat_volume *volume, const char *path, struct fat_file **ret,
		    size_t *ret_count, struct error *err);
void fat_files_free(struct fat_file *files, size_t count);

/* What 'path' is; 'name' of *ret is NULL. The root is a folder. -ENOENT when there is none. */
int fat_volume_find(struct fat_volume *volume, const char *path, struct fat_file *ret,
		    struct error *err);

/*
 * Read a whole file into new memory, to be freed. ERROR_DAMAGED for a file larger than 'max_size'
 * and for a folder; -ENOENT.
 */
int fat_volume_read_file(struct fat_volume *volume, const char *path, size_t max_size,
			 uint8_t **ret_data, size_t *ret_size, struct error *err);

#endif
