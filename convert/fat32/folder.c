/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The 32-byte entries of a FAT folder, short and long (fatgen103, "FAT Directory Structure"). */
#include <string.h>
#include <time.h>

#include "common/bytes.h"
#include "convert/fat32/tree.h"

#define ATTRIBUTE_LABEL	 0x08
#define ATTRIBUTE_FOLDER 0x10
#define ATTRIBUTE_FILE	 0x20
#define ATTRIBUTE_LONG	 0x0f

#define ENTRY_ATTRIBUTE	   11
#define ENTRY_CREATED_10MS 13
#define ENTRY_CREATED_TIME 14
#define ENTRY_CREATED_DATE 16
#define ENTRY_READ_DATE	   18
#define ENTRY_CLUSTER_HIGH 20
#define ENTRY_WRITTEN_TIME 22
#define ENTRY_WRITTEN_DATE 24
#define ENTRY_CLUSTER_LOW  26
#define ENTRY_SIZE	   28

#define LONG_ENTRY_CHECKSUM 13
#define LONG_ENTRY_LAST	    0x40

/* Seconds since 1970 to FAT's date, time and 10 ms units; FAT counts from 1980 to 2107 in steps of
 * two seconds. */
static void put_time(uint8_t *entry, size_t date_at, size_t time_at, int64_t seconds)
{
	const int64_t first = INT64_C(315532800), last = INT64_C(4354819198);
	time_t clamped = (time_t)(seconds < first ? first : seconds > last ? last : seconds);
	struct tm tm;

	gmtime_r(&clamped, &tm);
	put_le16(entry + date_at,
		 (uint16_t)((tm.tm_year - 80) << 9 | (tm.tm_mon + 1) << 5 | tm.tm_mday));
	if (time_at)
		put_le16(entry + time_at,
			 (uint16_t)(tm.tm_hour << 11 | tm.tm_min << 5 | tm.tm_sec / 2));
	if (time_at == ENTRY_CREATED_TIME)
		entry[ENTRY_CREATED_10MS] = (uint8_t)(tm.tm_sec % 2 * 100);
}

static uint8_t *put_entry(uint8_t *entry, const char *name, uint8_t attribute, uint32_t cluster,
			  uint32_t size, int64_t time)
{
	memset(entry, 0, FAT_ENTRY_SIZE);
	memcpy(entry, name, FAT_SHORT_NAME);
	entry[ENTRY_ATTRIBUTE] = attribute;
	put_le16(entry + ENTRY_CLUSTER_HIGH, (uint16_t)(cluster >> 16));
	put_le16(entry + ENTRY_CLUSTER_LOW, (uint16_t)cluster);
	put_le32(entry + ENTRY_SIZE, size);
	put_time(entry, ENTRY_WRITTEN_DATE, ENTRY_WRITTEN_TIME, time);
	if (attribute == ATTRIBUTE_LABEL)
		return entry + FAT_ENTRY_SIZE;
	put_time(entry, ENTRY_CREATED_DATE, ENTRY_CREATED_TIME, time);
	put_time(entry, ENTRY_READ_DATE, 0, time);
	return entry + FAT_ENTRY_SIZE;
}

/* The 13 units of part 'index' of a long name: the rest, a NUL, then FFFF. */
static void put_long_units(uint8_t *entry, const struct fat_node *node, size_t index)
{
	static const uint8_t offsets[FAT_LONG_UNITS] = {1,  3,	5,  7,	9,  14, 16,
							18, 20, 22, 24, 28, 30};

	for (size_t i = 0; i < FAT_LONG_UNITS; i++) {
		size_t at = index * FAT_LONG_UNITS + i;
		uint16_t unit = at < node->name_units	 ? node->name[at]
				: at == node->name_units ? 0
							 : 0xffff;

		put_le16(entry + offsets[i], unit);
	}
}

/* The last part of the name comes first. */
static uint8_t *put_long_name(uint8_t *entry, const struct fat_node *node)
{
	size_t parts = fat_entries_of(node) - 1;

	for (size_t left = parts; left > 0; left--) {
		memset(entry, 0, FAT_ENTRY_SIZE);
		entry[0] = (uint8_t)(left | (left == parts ? LONG_ENTRY_LAST : 0));
		entry[ENTRY_ATTRIBUTE] = ATTRIBUTE_LONG;
		entry[LONG_ENTRY_CHECKSUM] = fat_short_checksum(node->short_name);
		put_long_units(entry, node, left - 1);
		entry += FAT_ENTRY_SIZE;
	}
	return entry;
}

static uint8_t *put_child(uint8_t *entry, const struct fat_node *node, int64_t folder_time)
{
	const char *short_name = (const char *)node->short_name;

	entry = put_long_name(entry, node);
	if (node->is_folder)
		return put_entry(entry, short_name, ATTRIBUTE_FOLDER, node->first_cluster, 0,
				 folder_time);
	return put_entry(entry, short_name, ATTRIBUTE_FILE, node->first_cluster,
			 (uint32_t)node->size, node->mtime);
}

void fat_fill_folder(const struct fat32 *fat, const struct fat_node *folder, uint8_t *entry)
{
	const struct fat_node *parent = folder->parent;
	int64_t time = fat->spec.time;
	char label[FAT_SHORT_NAME];

	if (parent) {
		/* ".." of a folder in the root is cluster 0 (fatgen103, "Directory Creation"). */
		uint32_t up = parent->parent ? parent->first_cluster : 0;

		entry = put_entry(entry, ".          ", ATTRIBUTE_FOLDER, folder->first_cluster, 0,
				  time);
		entry = put_entry(entry, "..         ", ATTRIBUTE_FOLDER, up, 0, time);
	} else if (fat->spec.label[0]) {
		memset(label, ' ', sizeof(label));
		memcpy(label, fat->spec.label, strlen(fat->spec.label));
		entry = put_entry(entry, label, ATTRIBUTE_LABEL, 0, 0, time);
	}
	for (size_t i = 0; i < folder->child_count; i++)
		entry = put_child(entry, folder->children[i], time);
}
