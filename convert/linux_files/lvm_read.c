/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a physical volume to its group: see lvm.h. Apart from what uses a group, as the text and its
 * meaning are.
 *
 *   sector 0 to 3: label   "LABELONE" | own sector | CRC | offset of the header (32) | "LVM2 001"
 *                  header  id | size | data areas, a pair of zeros | metadata areas, a pair of zeros
 *   metadata area  CRC | magic | version 1 | start | size | where the text is, several times
 *                  from 512 on the texts, in a circle
 *
 * CRC-32 with zlib's polynomial, begun with another number and not inverted at the end (lvm2,
 * lib/misc/crc.c, lib/format_text/layout.h, lib/label/label.h).
 */
#include "convert/linux_files/lvm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/linux_files/lvm_group.h"
#include "convert/linux_files/lvm_text.h"
#include "convert/linux_files/lvm_volumes.h"

#define SECTOR	      512U
#define LABEL_SECTORS 4

#define LABEL_SECTOR   8
#define LABEL_CRC      16
#define LABEL_CRC_FROM 20
#define LABEL_HEADER   20
#define LABEL_TYPE     24

#define HEADER_SIZE  32
#define HEADER_AREAS 40
#define AREA_SIZE    16 /* a pair of offset and size */

#define META_CRC      0
#define META_CRC_FROM 4
#define META_MAGIC    4
#define META_VERSION  20
#define META_START    24
#define META_SIZE     32
#define META_TEXT     40 /* u64 offset, u64 size, u32 CRC, u32 flags */
#define TEXT_SIZE     8
#define TEXT_CRC      16
#define TEXT_FLAGS    20
#define TEXT_IGNORED  1

#define MAX_TEXT (16 * MIB)
#define MAX_META 4 /* areas that are looked at; LVM makes two at most */

#define CRC_START 0xf597a6cfU

struct area {
	uint64_t offset;
	uint64_t size;
};

struct header {
	char id[LVM_ID_SIZE + 1];
	struct area meta[MAX_META];
	size_t meta_count;
};

static uint32_t lvm_crc(const uint8_t *data, size_t size)
{
	return (uint32_t)~crc32_z(~CRC_START, data, size);
}

static bool is_label(const uint8_t *sector)
{
	return memcmp(sector, "LABELONE", 8) == 0 &&
	       memcmp(sector + LABEL_TYPE, "LVM2 001", 8) == 0;
}

/* The label, in a sector of which the rest is the header. */
static int read_label(struct disk *pv, uint8_t ret[SECTOR], uint64_t *ret_at, struct error *err)
{
	uint64_t at = 0;
	int r = 0;

	for (unsigned int i = 0; i < LABEL_SECTORS; i++) {
		at = (uint64_t)i * SECTOR;
		r = disk_read(pv, ret, SECTOR, at, err);
		if (r < 0 || is_label(ret))
			break;
	}
	if (r < 0)
		return r;
	if (!is_label(ret))
		return error_damaged(err, "the label of an LVM physical volume is not in its "
					  "first 2048 bytes");
	if (get_le32(ret + LABEL_CRC) != lvm_crc(ret + LABEL_CRC_FROM, SECTOR - LABEL_CRC_FROM) ||
	    get_le64(ret + LABEL_SECTOR) != at / SECTOR)
		return error_damaged(err,
				     "the label of the LVM physical volume at offset %" PRIu64
				     " is damaged: its checksum or its place is wrong",
				     at);
	*ret_at = at;
	return 0;
}

static struct area area_at(const uint8_t *at)
{
	return (struct area){.offset = get_le64(at), .size = get_le64(at + 8)};
}

/* Behind the data areas and their end the metadata areas and theirs, all within the sector. */
static bool take_areas(const uint8_t *sector, size_t at, struct header *ret)
{
	unsigned int ends = 0;

	for (; at + AREA_SIZE <= SECTOR && ends < 2; at += AREA_SIZE) {
		struct area area = area_at(sector + at);

		if (area.offset == 0)
			ends++;
		else if (ends == 1 && ret->meta_count < MAX_META)
			ret->meta[ret->meta_count++] = area;
	}
	return ends == 2;
}

static int read_header(struct disk *pv, struct header *ret, struct error *err)
{
	uint8_t sector[SECTOR];
	uint64_t at = 0;
	uint32_t header;
	int r = read_label(pv, sector, &at, err);

	if (r < 0)
		return r;
	*ret = (struct header){.meta_count = 0};
	header = get_le32(sector + LABEL_HEADER);
	if (header < HEADER_SIZE || header > SECTOR - HEADER_AREAS ||
	    !take_areas(sector, header + HEADER_AREAS, ret))
		return error_damaged(err,
				     "the header of the LVM physical volume at offset %" PRIu64
				     " is damaged: its areas have no end",
				     at);
	memcpy(ret->id, sector + header, LVM_ID_SIZE);
	return 0;
}

static int bad_area(const struct area *area, const char *what, struct error *err)
{
	return error_damaged(err,
			     "the metadata area of the LVM physical volume at offset %" PRIu64
			     " is damaged: %s",
			     area->offset, what);
}

static bool is_meta_header(const uint8_t *sector, const struct area *area)
{
	return get_le32(sector + META_CRC) ==
		       lvm_crc(sector + META_CRC_FROM, SECTOR - META_CRC_FROM) &&
	       memcmp(sector + META_MAGIC, " LVM2 x[5A%r0N*>", 16) == 0 &&
	       get_le32(sector + META_VERSION) == 1 &&
	       get_le64(sector + META_START) == area->offset &&
	       get_le64(sector + META_SIZE) == area->size;
}

/* The circle begins behind the header's sector. */
static int read_circle(struct disk *pv, const struct area *area, const struct area *text,
		       uint8_t *ret, struct error *err)
{
	uint64_t first = min_u64(text->size, area->size - text->offset);
	int r = disk_read(pv, ret, first, area->offset + text->offset, err);

	if (r == 0 && first < text->size)
		r = disk_read(pv, ret + first, text->size - first, area->offset + SECTOR, err);
	return r;
}

/* The text of an area, to be freed, with a NUL behind it; NULL when it has none. */
static int read_text(struct disk *pv, const struct area *area, char **ret, struct area *ret_text,
		     struct error *err)
{
	CLEANUP_FREE uint8_t *data = NULL;
	uint8_t sector[SECTOR];
	const uint8_t *slot = sector + META_TEXT;
	struct area text;
	int r;

	if (!range_within(area->offset, area->size, pv->size) || area->size < 2 * SECTOR)
		return bad_area(area, "it is not within the physical volume", err);
	r = disk_read(pv, sector, sizeof(sector), area->offset, err);
	if (r < 0)
		return r;
	if (!is_meta_header(sector, area))
		return bad_area(area, "its header or the checksum of that is wrong", err);
	text = area_at(slot);
	*ret = NULL;
	if (text.offset == 0 || get_le32(slot + TEXT_FLAGS) & TEXT_IGNORED)
		return 0;
	if (text.offset < SECTOR || text.offset >= area->size ||
	    text.size > min_u64(area->size - SECTOR, MAX_TEXT))
		return bad_area(area, "its text is not within it", err);
	data = calloc(1, text.size + 1);
	if (!data)
		return error_failed(err, ENOMEM, "out of memory");
	r = read_circle(pv, area, &text, data, err);
	if (r < 0)
		return r;
	if (get_le32(slot + TEXT_CRC) != lvm_crc(data, text.size))
		return bad_area(area, "the checksum of its text is wrong", err);
	*ret_text = (struct area){.offset = area->offset + text.offset, .size = text.size};
	*ret = (char *)TAKE(data);
	return 0;
}

static int take_text(struct lvm_pvs *pvs, const char *text, const struct area *place,
		     struct lvm_group **ret, struct error *err)
{
	CLEANUP_LVM_TREE struct lvm_tree *tree = NULL;
	const struct lvm_node *root;
	int r = lvm_text_parse(text, place->size, place->offset, &tree, &root, err);

	pvs->text_at = place->offset;
	return r < 0 ? r : lvm_volumes_take(root, pvs, ret, err);
}

int lvm_pvs_read(struct disk *const *disks, size_t count, struct lvm_pvs **ret, struct error *err)
{
	CLEANUP_LVM_PVS struct lvm_pvs *pvs = calloc(1, sizeof(*pvs));

	if (!pvs)
		return error_failed(err, ENOMEM, "out of memory");
	for (; pvs->count < count; pvs->count++) {
		struct lvm_pv *pv = &pvs->list[pvs->count];
		struct error problem = ERROR_INIT;
		struct header header;
		int r = read_header(disks[pvs->count], &header, &problem);

		if (r < 0 && error_is_of_host(&problem)) {
			if (err)
				*err = problem;
			return r;
		}
		pv->disk = disks[pvs->count];
		if (r == 0)
			memcpy(pv->id, header.id, sizeof(header.id));
	}
	*ret = TAKE(pvs);
	return 0;
}

void lvm_pvs_cleanup(struct lvm_pvs **pvs)
{
	free(*pvs);
	*pvs = NULL;
}

static int empty_group(struct lvm_group **ret, struct error *err)
{
	CLEANUP_LVM struct lvm_group *group = calloc(1, sizeof(*group));

	if (group)
		group->name = strdup("");
	if (!group || !group->name)
		return error_failed(err, ENOMEM, "out of memory");
	*ret = TAKE(group);
	return 0;
}

/* The first area that is sound; what is wrong with others counts only when none is. */
int lvm_read(struct lvm_pvs *pvs, size_t which, struct lvm_group **ret, struct error *err)
{
	struct error problem = ERROR_INIT;
	struct disk *pv = pvs->list[which].disk;
	struct header header;
	int r = read_header(pv, &header, err);

	pvs->own = which;
	for (size_t i = 0; r == 0 && i < header.meta_count; i++) {
		CLEANUP_FREE char *text = NULL;
		struct error found = ERROR_INIT;
		struct area place;
		int one = read_text(pv, &header.meta[i], &text, &place, &found);

		if (one == 0 && text)
			one = take_text(pvs, text, &place, ret, &found);
		if (one == 0 && text)
			return 0;
		if (one < 0 && problem.kind == ERROR_NONE)
			problem = found;
	}
	if (r < 0)
		return r;
	if (problem.kind == ERROR_NONE)
		return empty_group(ret, err);
	if (err)
		*err = problem;
	return -problem.code;
}
