/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Groups, volumes and their segments: see lvm_volumes.h.
 *
 *   GROUP {
 *     extent_size = SECTORS                      of 512 bytes, as pe_start
 *     physical_volumes { pv0 { id = "abcdef-..." pe_start = SECTOR } ... }
 *     logical_volumes {
 *       root {
 *         status = ["READ", "WRITE", "VISIBLE"]
 *         segment1 {
 *           start_extent = 0  extent_count = N  type = "striped"  stripe_count = 1
 *           stripes = [ "pv0", EXTENT ]
 *
 * A linear volume is one of stripes that are one wide; linear has no type of its own.
 */
#include "convert/linux_files/lvm_volumes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"

#define SECTOR 512U

#define MAX_VOLUMES 4096

struct reading {
	const struct lvm_pvs *pvs;
	struct {
		struct disk *disk;
		const char *name;  /* in the text */
		uint64_t pe_start; /* bytes */
	} known[LVM_MAX_PVS];
	size_t known_count;
	uint64_t extent;       /* bytes */
	bool has_others;       /* the group has physical volumes that are not here */
	struct part_of *parts; /* all volumes then, by name: of some others are made */
	size_t part_count;
	struct error *err;
};

/* What a mirror may have for an image. */
struct part_of {
	const char *name;
	bool is_here; /* all of it */
};

static int bad_group(const struct reading *reading, const char *what)
{
	return error_damaged(reading->err,
			     "the metadata of the LVM physical volume at offset %" PRIu64
			     " is damaged: %s",
			     reading->pvs->text_at, what);
}

static bool number_of(const struct lvm_node *section, const char *name, uint64_t *ret)
{
	const struct lvm_node *node = lvm_child(section, name, LVM_NUMBER);

	*ret = node ? node->number : 0;
	return node;
}

static bool sectors_of(const struct lvm_node *section, const char *name, uint64_t *ret)
{
	return number_of(section, name, ret) && mul_u64(*ret, SECTOR, ret);
}

/* Ids stand in the text with hyphens, in the header without. */
static bool is_id(const char *text, const char *id)
{
	for (; *text; text++)
		if (*text != '-' && (*id == '\0' || *text != *id++))
			return false;
	return *id == '\0';
}

/* Of several with one id the one that the text is of, else the first. */
static struct disk *find_disk(const struct reading *reading, const char *id)
{
	const struct lvm_pvs *pvs = reading->pvs;

	if (is_id(id, pvs->list[pvs->own].id))
		return pvs->list[pvs->own].disk;
	for (size_t i = 0; i < pvs->count; i++)
		if (pvs->list[i].id[0] && is_id(id, pvs->list[i].id))
			return pvs->list[i].disk;
	return NULL;
}

static int find_pvs(struct reading *reading, const struct lvm_node *group)
{
	const struct lvm_node *all = lvm_child(group, "physical_volumes", LVM_SECTION);
	const struct disk *own = reading->pvs->list[reading->pvs->own].disk;
	bool has_own = false;

	for (const struct lvm_node *pv = all ? all->first : NULL; pv; pv = pv->next) {
		const struct lvm_node *id = lvm_child(pv, "id", LVM_STRING);
		struct disk *disk = id ? find_disk(reading, id->text) : NULL;
		uint64_t pe_start;

		if (!disk || reading->known_count == LVM_MAX_PVS) {
			reading->has_others = true;
			continue;
		}
		if (!sectors_of(pv, "pe_start", &pe_start))
			return bad_group(reading, "where the extents start is not to be seen");
		reading->known[reading->known_count].disk = disk;
		reading->known[reading->known_count].name = pv->name;
		reading->known[reading->known_count++].pe_start = pe_start;
		has_own = has_own || disk == own;
	}
	return has_own ? 0 : bad_group(reading, "the group does not know this volume");
}

/* -1 for one that is not here. */
static int find_known(const struct reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->known_count; i++)
		if (strcmp(reading->known[i].name, name) == 0)
			return (int)i;
	return -1;
}

static bool is_visible(const struct lvm_node *volume)
{
	const struct lvm_node *status = lvm_child(volume, "status", LVM_LIST);

	for (const struct lvm_node *word = status ? status->first : NULL; word; word = word->next)
		if (word->kind == LVM_STRING && strcmp(word->text, "VISIBLE") == 0)
			return true;
	return false;
}

static void not_readable(struct lvm_volume *volume, const char *why)
{
	if (*volume->why_not == '\0')
		snprintf(volume->why_not, sizeof(volume->why_not), "%s", why);
}

static bool is_segment(const struct lvm_node *node)
{
	return node->kind == LVM_SECTION && strncmp(node->name, "segment", 7) == 0;
}

/* Are all stripes of a volume here? */
static bool is_here(const struct reading *reading, const struct lvm_node *volume)
{
	size_t segments = 0;

	for (const struct lvm_node *node = volume->first; node; node = node->next) {
		const struct lvm_node *stripes = lvm_child(node, "stripes", LVM_LIST);

		if (!is_segment(node))
			continue;
		for (const struct lvm_node *pv = stripes ? stripes->first : NULL; pv; pv = pv->next)
			if (pv->kind == LVM_STRING && find_known(reading, pv->text) < 0)
				return false;
		if (!stripes)
			return false;
		segments++;
	}
	return segments > 0;
}

static int by_name(const void *a, const void *b)
{
	const struct part_of *one = a, *other = b;

	return strcmp(one->name, other->name);
}

/* Looked at once: text of strangers may name each of them from everywhere. */
static int find_parts(struct reading *reading, const struct lvm_node *all)
{
	size_t count = 0;

	for (const struct lvm_node *node = all ? all->first : NULL; node; node = node->next)
		count += node->kind == LVM_SECTION;
	reading->parts = calloc(count + 1, sizeof(*reading->parts));
	if (!reading->parts)
		return error_failed(reading->err, ENOMEM, "out of memory");
	for (const struct lvm_node *node = all ? all->first : NULL; node; node = node->next)
		if (node->kind == LVM_SECTION)
			reading->parts[reading->part_count++] =
				(struct part_of){node->name, is_here(reading, node)};
	qsort(reading->parts, reading->part_count, sizeof(*reading->parts), by_name);
	return 0;
}

static bool is_part_here(const struct reading *reading, const char *name)
{
	const struct part_of key = {.name = name};
	const struct part_of *found = bsearch(&key, reading->parts, reading->part_count,
					      sizeof(*reading->parts), by_name);

	return found && found->is_here;
}

/* Of a mirror GRUB reads the first image that is whole: raids = [ "root_rmeta_0", "root_rimage_0",
 * ... ] or mirrors = [ "root_mimage_0", 0, ... ]. */
static bool has_image(const struct reading *reading, const struct lvm_node *segment,
		      const char *type)
{
	bool is_raid = strcmp(type, "raid1") == 0;
	const struct lvm_node *list = lvm_child(segment, is_raid ? "raids" : "mirrors", LVM_LIST);
	size_t index = 0;

	if (!is_raid && strcmp(type, "mirror") != 0)
		return false;
	for (const struct lvm_node *node = list ? list->first : NULL; node; node = node->next)
		if (index++ % 2 == is_raid && node->kind == LVM_STRING &&
		    is_part_here(reading, node->text))
			return true;
	return false;
}

/* Segments of other types are made of other volumes, of which only images of mirrors are looked for. */
static bool is_linear(const struct reading *reading, const struct lvm_node *segment,
		      struct lvm_volume *volume)
{
	const struct lvm_node *type = lvm_child(segment, "type", LVM_STRING);
	uint64_t stripes;

	if (!type || strcmp(type->text, "striped") != 0) {
		if (reading->has_others && !(type && has_image(reading, segment, type->text)))
			volume->needs_other_disks = true;
		if (*volume->why_not == '\0')
			snprintf(volume->why_not, sizeof(volume->why_not),
				 "it is of the type '%.32s'", type ? type->text : "");
		return false;
	}
	if (!number_of(segment, "stripe_count", &stripes) || stripes != 1)
		not_readable(volume, "it is striped");
	return true;
}

/* The first of the stripes, [ "pv0", EXTENT ], and whether all are here. */
static bool take_stripes(const struct reading *reading, const struct lvm_node *segment,
			 struct lvm_volume *volume, int *ret_known, uint64_t *ret_extent)
{
	const struct lvm_node *stripes = lvm_child(segment, "stripes", LVM_LIST);
	const struct lvm_node *pv = stripes ? stripes->first : NULL;

	if (!pv || pv->kind != LVM_STRING || !pv->next || pv->next->kind != LVM_NUMBER)
		return false;
	*ret_known = find_known(reading, pv->text);
	*ret_extent = pv->next->number;
	for (; pv; pv = pv->next) {
		if (pv->kind != LVM_STRING || find_known(reading, pv->text) >= 0)
			continue;
		volume->needs_other_disks = true;
		not_readable(volume, "parts of it are on physical volumes that are not here");
	}
	return true;
}

/* Where a segment stands; false when its numbers make no sense. */
static bool place_part(const struct reading *reading, const struct lvm_node *segment,
		       struct lvm_volume *volume, struct lvm_part *ret)
{
	uint64_t start, count, extent, end;
	int known;

	if (!number_of(segment, "start_extent", &start) ||
	    !number_of(segment, "extent_count", &count) || count == 0 ||
	    !mul_u64(start, reading->extent, &ret->start) ||
	    !mul_u64(count, reading->extent, &ret->length) ||
	    !add_u64(ret->start, ret->length, &end))
		return false;
	volume->size = max_u64(volume->size, end);
	if (!is_linear(reading, segment, volume))
		return true;
	if (!take_stripes(reading, segment, volume, &known, &extent))
		return false;
	if (*volume->why_not)
		return true;
	ret->pv = reading->known[known].disk;
	return mul_u64(extent, reading->extent, &ret->at) &&
	       add_u64(ret->at, reading->known[known].pe_start, &ret->at) &&
	       range_within(ret->at, ret->length, ret->pv->size);
}

static int by_start(const void *a, const void *b)
{
	const struct lvm_part *one = a, *other = b;

	return one->start < other->start ? -1 : one->start > other->start;
}

static bool is_whole(const struct lvm_volume *volume)
{
	uint64_t end = 0;

	for (size_t i = 0; i < volume->part_count; i++) {
		if (volume->parts[i].start != end)
			return false;
		end += volume->parts[i].length;
	}
	return end > 0;
}

static void take_parts(const struct reading *reading, const struct lvm_node *node,
		       struct lvm_volume *volume)
{
	for (const struct lvm_node *segment = node->first; segment; segment = segment->next)
		if (is_segment(segment) &&
		    !place_part(reading, segment, volume, &volume->parts[volume->part_count++]))
			not_readable(volume, "its segments are damaged");
	if (*volume->why_not == '\0') {
		qsort(volume->parts, volume->part_count, sizeof(*volume->parts), by_start);
		if (!is_whole(volume) || volume->size % volume->parts[0].pv->sector_size)
			not_readable(volume, "its segments do not make a whole");
	}
}

static int take_volume(const struct reading *reading, const struct lvm_node *node,
		       struct lvm_group *group)
{
	struct lvm_volume *volume = &group->volumes[group->count];
	size_t segments = 0;

	for (const struct lvm_node *child = node->first; child; child = child->next)
		segments += is_segment(child);
	*volume = (struct lvm_volume){
		.name = strdup(node->name),
		.parts = calloc(segments + 1, sizeof(struct lvm_part)),
	};
	group->count++;
	if (!volume->name || !volume->parts)
		return error_failed(reading->err, ENOMEM, "out of memory");
	take_parts(reading, node, volume);
	return 0;
}

static int take_volumes(const struct reading *reading, const struct lvm_node *all,
			struct lvm_group *group)
{
	int r = 0;

	group->volumes = calloc(MAX_VOLUMES, sizeof(*group->volumes));
	if (!group->volumes)
		return error_failed(reading->err, ENOMEM, "out of memory");
	for (const struct lvm_node *node = all ? all->first : NULL; r == 0 && node;
	     node = node->next) {
		if (node->kind != LVM_SECTION || !is_visible(node))
			continue;
		if (group->count == MAX_VOLUMES)
			return bad_group(reading, "it has more than 4096 logical volumes");
		r = take_volume(reading, node, group);
	}
	return r;
}

/* The group is the first section; what else stands there is about the text. */
static const struct lvm_node *find_group(const struct lvm_node *root)
{
	const struct lvm_node *node = root->first;

	while (node && node->kind != LVM_SECTION)
		node = node->next;
	return node;
}

int lvm_volumes_take(const struct lvm_node *root, const struct lvm_pvs *pvs, struct lvm_group **ret,
		     struct error *err)
{
	CLEANUP_LVM struct lvm_group *group = calloc(1, sizeof(*group));
	struct reading reading = {.pvs = pvs, .err = err};
	const struct lvm_node *node = find_group(root), *id, *volumes;
	int r;

	if (group)
		group->name = strdup(node ? node->name : "");
	if (!group || !group->name)
		return error_failed(err, ENOMEM, "out of memory");
	if (!node)
		return bad_group(&reading, "there is no volume group in it");
	if (!sectors_of(node, "extent_size", &reading.extent) || reading.extent == 0)
		return bad_group(&reading, "the size of an extent is not to be seen");
	id = lvm_child(node, "id", LVM_STRING);
	snprintf(group->id, sizeof(group->id), "%s", id ? id->text : "");
	number_of(node, "seqno", &group->seqno);
	group->own = pvs->list[pvs->own].disk;
	volumes = lvm_child(node, "logical_volumes", LVM_SECTION);
	r = find_pvs(&reading, node);
	for (size_t i = 0; r == 0 && i < reading.known_count; i++)
		group->pvs[group->pv_count++] = reading.known[i].disk;
	if (r == 0 && reading.has_others)
		r = find_parts(&reading, volumes);
	if (r == 0)
		r = take_volumes(&reading, volumes, group);
	free(reading.parts);
	if (r == 0)
		*ret = TAKE(group);
	return r;
}
