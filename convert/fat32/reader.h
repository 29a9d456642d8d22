/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of the FAT reader share: the volume (read_volume.c), chains of clusters
 * (read_chain.c) and folders (read_folder.c). */
#ifndef HVGEN2_CONVERT_FAT32_READER_H
#define HVGEN2_CONVERT_FAT32_READER_H

#include "convert/fat32/read.h"

/* A FAT12 has at most 6130 bytes, so that none of its entries lies across two pieces. */
#define FAT_CACHE_BYTES 16384

struct fat_volume {
	struct disk *disk;
	unsigned int bits;	/* of an entry of the FAT: 12, 16 or 32 */
	uint32_t cluster_size;	/* bytes */
	uint32_t cluster_count; /* the first one has the number 2 */
	uint64_t fat_offset;	/* bytes from the start of the volume; of the FAT in use */
	uint64_t fat_length;	/* bytes */
	uint64_t root_offset;	/* of the root folder of FAT12 and FAT16 */
	uint32_t root_entries;
	uint32_t root_cluster; /* of FAT32 */
	uint64_t data_offset;  /* of cluster 2 */
	char label[48];
	uint64_t folder_bytes; /* read so far; see read_folder.c */
	uint64_t cached;       /* the piece of the FAT in 'cache', in bytes; UINT64_MAX: none */
	uint8_t cache[FAT_CACHE_BYTES];
};

/* Why a chain is followed, for messages. */
struct fat_chain {
	struct fat_volume *volume;
	const char *path;
	uint32_t first;
};

/*
 * Read the first 'size' bytes of a chain into 'buffer'. ERROR_DAMAGED for a chain that is shorter,
 * that does not end, or that leaves the volume.
 */
int fat_chain_read(const struct fat_chain *chain, uint8_t *buffer, size_t size, struct error *err);

/*
 * Read a whole chain into new memory, to be freed; ERROR_DAMAGED when it is longer than 'max_size'
 * bytes.
 */
int fat_chain_read_all(const struct fat_chain *chain, size_t max_size, uint8_t **ret,
		       size_t *ret_size, struct error *err);

/* The label, from the root folder. A volume whose root cannot be read cannot be opened. */
int fat_read_label(struct fat_volume *volume, struct error *err);

/* "'PATH': what" as ERROR_DAMAGED. */
int fat_damaged(const char *path, struct error *err, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
