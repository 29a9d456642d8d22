/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A FAT32 file system made in one go (Microsoft FAT specification 1.03, "fatgen103"): a tree is
 * built in memory, then laid out, every file contiguous, and written to a disk. The same tree
 * always gives the same bytes.
 *
 * Paths are UTF-8 with slashes ("/EFI/Microsoft/Boot/BCD"); missing folders are made. Names keep
 * their case; what is no 8.3 name gets long-name entries and a numeric tail. Names are unique
 * regardless of case.
 *
 * FAT keeps local time without a zone; what is stored is UTC, so that the result depends on no
 * setting.
 */
#ifndef HVGEN2_CONVERT_FAT32_FAT32_H
#define HVGEN2_CONVERT_FAT32_FAT32_H

#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"

struct fat32;

struct fat32_spec {
	char label[12]; /* at most 11 OEM characters, upper case */
	uint32_t volume_id;
	uint64_t hidden_sectors; /* start LBA of the partition; stored modulo 2^32 */
	int64_t time;		 /* seconds since 1970 UTC, for folders and the label */
};

int fat32_new(const struct fat32_spec *spec, struct fat32 **ret, struct error *err);
void fat32_free(struct fat32 *fat);
void fat32_cleanup(struct fat32 **fat);
#define CLEANUP_FAT32 CLEANUP(fat32_cleanup)

/*
 * Add a file. 'data' (from malloc, may be NULL when size is 0) passes to the tree, also on failure.
 * 'mtime' is seconds since 1970 UTC; times outside 1980-2107 are clamped. -EEXIST when the path is
 * taken, -ENAMETOOLONG, -EILSEQ for characters that FAT forbids.
 */
int fat32_add(struct fat32 *fat, const char *path, uint8_t *data, size_t size, int64_t mtime,
	      struct error *err);

/* Bytes of file data and folders in whole clusters of 'cluster_size': what must fit. */
uint64_t fat32_used(const struct fat32 *fat, uint32_t cluster_size);

/*
 * The cluster size that fat32_write() takes for 'disk', of which only size and sector size matter.
 * Errors: REFUSAL_ESP_TOO_SMALL.
 */
int fat32_cluster_size(const struct fat32 *fat, struct disk *disk, uint32_t *ret,
		       struct error *err);

/*
 * Lay out for and write to 'disk', whose old contents do not matter: all sectors that matter are
 * written, free clusters are not touched. Errors: REFUSAL_ESP_TOO_SMALL when the tree does not fit
 * or the disk has less than 65525 clusters.
 */
int fat32_write(const struct fat32 *fat, struct disk *disk, struct error *err);

#endif
