/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the parts of the FAT32 writer share: the tree (nodes.c), its names (name.c), its folders
 * (folder.c) and the layout (write.c).
 */
#ifndef HVGEN2_CONVERT_FAT32_TREE_H
#define HVGEN2_CONVERT_FAT32_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "convert/fat32/fat32.h"

#define FAT_SHORT_NAME	  11  /* 8 + 3, without the dot */
#define FAT_LONG_NAME_MAX 255 /* UTF-16 units */
#define FAT_LONG_UNITS	  13  /* UTF-16 units in one long-name entry */
#define FAT_ENTRY_SIZE	  32
/* A folder holds at most 2 MiB of entries (fatgen103, "FAT Directory Structure"). */
#define FAT_FOLDER_MAX_ENTRIES 65536

struct fat_node {
	uint16_t *name; /* UTF-16 in host order; NULL for the root */
	size_t name_units;
	uint8_t short_name[FAT_SHORT_NAME]; /* set by fat_assign_short_names() */
	bool needs_long_name;
	bool is_folder;
	struct fat_node *parent; /* NULL for the root */
	uint8_t *data;
	size_t size;
	int64_t mtime;
	struct fat_node **children; /* sorted by fat_name_compare() */
	size_t child_count;
	size_t child_room;
	size_t entry_count;	/* of a folder: 32-byte entries, with ".", ".." and the label */
	uint32_t first_cluster; /* set by the layout; 0 for an empty file */
	uint32_t clusters;
};

struct fat32 {
	struct fat32_spec spec;
	struct fat_node *root;
};

/* Order of names regardless of case; 0 means the same name. */
int fat_name_compare(const uint16_t *a, size_t a_units, const uint16_t *b, size_t b_units);

/*
 * The rules for one component of a path: not empty, at most 255 units, no forbidden character, no
 * dot or space at the end. Returns 0, -ENAMETOOLONG or -EILSEQ.
 */
int fat_name_check(const uint16_t *name, size_t units);

/* Can the name, as it is written, stand in the short entry alone? */
bool fat_name_is_short(const uint16_t *name, size_t units);

/* Give every child of 'folder' a short name, unique in the folder and independent of the order in
 * which they came. */
int fat_assign_short_names(struct fat_node *folder, struct error *err);

/* The checksum of a short name that its long-name entries carry. */
uint8_t fat_short_checksum(const uint8_t short_name[FAT_SHORT_NAME]);

/* May the character stand in a short name or a label? */
bool fat_short_char_is_valid(uint16_t unit);

/* Directory entries that a child takes in its folder. */
size_t fat_entries_of(const struct fat_node *node);

/* Fill 'entry', which is zero, with the entry_count entries of a folder whose children have names
 * and clusters. */
void fat_fill_folder(const struct fat32 *fat, const struct fat_node *folder, uint8_t *entry);

#endif
