/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arrays and logical volumes by name: see volumes.h. MD has its superblock at the start (1.1) or 4 KiB
 * behind it (1.2; Linux, md_p.h, mdp_superblock_1), or at the end, where the partition is read as the
 * file system that it is. LVM2 (lvm2, lib/format_text/layout.h) has a label in one of the first four
 * sectors, which leads to an area with the text.
 */
#include "convert/verify/volumes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/verify/menu/lvm.h"

#define MD_MAGIC     0xa92b4efc
#define MD_UUID	     16
#define LVM_SECTOR   512
#define LVM_LABELS   4
#define LVM_LOCATION 40	       /* of the text, in the header of an area */
#define MAX_TEXT     (1 * MIB) /* an area has a little less, unless it was asked for */
#define MAX_AREAS    16

static char *new_name(struct volumes *volumes)
{
	bool has_room = volumes->count < VOLUMES_MAX;

	volumes->is_partial |= !has_room;
	return has_room ? volumes->names[volumes->count] : NULL;
}

static void keep_name(struct volumes *volumes)
{
	for (size_t i = 0; i < volumes->count; i++)
		if (strcmp(volumes->names[i], volumes->names[volumes->count]) == 0)
			return;
	volumes->count++;
}

static void add_array(const uint8_t *superblock, struct volumes *volumes)
{
	char *at = get_le32(superblock) == MD_MAGIC ? new_name(volumes) : NULL;

	if (!at)
		return;
	at += sprintf(at, "(mduuid/");
	for (size_t i = 0; i < 16; i++)
		at += sprintf(at, "%02x", superblock[MD_UUID + i]);
	sprintf(at, ")");
	keep_name(volumes);
}

/* As in /dev/mapper hyphens are doubled. */
static char *put_name(char *at, const char *name)
{
	for (; *name; name++) {
		*at++ = *name;
		if (*name == '-')
			*at++ = '-';
	}
	return at;
}

static void add_logical(void *opaque, const char *group, const char *volume)
{
	struct volumes *volumes = opaque;
	char *at = new_name(volumes);

	if (!at)
		return;
	at += sprintf(at, "(lvm/");
	at = put_name(at, group);
	*at++ = '-';
	at = put_name(at, volume);
	sprintf(at, ")");
	keep_name(volumes);
}

/* The text of a group goes on behind the header of its area when it reaches the end. In an area of a
 * volume that leaves it to others stands none. */
static char *read_text(struct disk *disk, uint64_t area, uint64_t area_size, bool *ret_is_none)
{
	CLEANUP_FREE char *text = NULL;
	uint8_t header[LVM_SECTOR];
	uint64_t offset, size, first;

	*ret_is_none = false;
	if (disk_read(disk, header, sizeof(header), area, NULL) < 0)
		return NULL;
	offset = get_le64(header + LVM_LOCATION);
	size = get_le64(header + LVM_LOCATION + 8);
	*ret_is_none = size == 0;
	if (size == 0 || size > MAX_TEXT || area_size <= LVM_SECTOR || offset >= area_size ||
	    size > area_size - LVM_SECTOR)
		return NULL;
	first = min_u64(size, area_size - offset);
	text = calloc(1, (size_t)size + 1);
	if (!text || disk_read(disk, text, first, area + offset, NULL) < 0 ||
	    (first < size &&
	     disk_read(disk, text + first, size - first, area + LVM_SECTOR, NULL) < 0))
		return NULL;
	return TAKE(text);
}

static void add_area(struct disk *disk, uint64_t area, uint64_t size, struct volumes *volumes)
{
	CLEANUP_FREE char *text = NULL;
	bool is_none = false;

	if (range_within(area, size, disk->size) && size >= LVM_SECTOR)
		text = read_text(disk, area, size, &is_none);
	if (text)
		verify_lvm_names(text, add_logical, volumes);
	volumes->is_partial |= !text && !is_none;
}

/* Pairs of offset and size, the list of data in front, each ended by a pair of zeros. */
static void add_group(struct disk *disk, const uint8_t *label, struct volumes *volumes)
{
	uint64_t at = get_le32(label + 20) + UINT64_C(40);
	bool is_text = false;

	for (unsigned int i = 0; i < MAX_AREAS && range_within(at, 16, LVM_SECTOR); i++, at += 16) {
		uint64_t offset = get_le64(label + at), size = get_le64(label + at + 8);

		if (offset == 0 && is_text)
			return;
		if (offset == 0)
			is_text = true;
		else if (is_text)
			add_area(disk, offset, size, volumes);
	}
}

void verify_volumes_add(struct verify *verify, const struct verify_partition *partition,
			struct volumes *volumes)
{
	struct disk_window window;
	uint8_t start[4096 + LVM_SECTOR];

	if (!verify_window(verify, partition, &window) || window.disk.size < sizeof(start))
		return;
	if (disk_read(&window.disk, start, sizeof(start), 0, NULL) < 0) {
		volumes->is_partial = true;
		return;
	}
	add_array(start, volumes);
	add_array(start + 4096, volumes);
	for (size_t i = 0; i < LVM_LABELS; i++) {
		const uint8_t *label = start + i * LVM_SECTOR;

		if (memcmp(label, "LABELONE", 8) == 0 && memcmp(label + 24, "LVM2 001", 8) == 0)
			add_group(&window.disk, label, volumes);
	}
}
