/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The change set: see changes.h.
 *
 * Changed data are kept in pages of eight 512-byte sectors, each page with a bit per sector that
 * says which of them are changed. Pages hang below regions of 512 pages (2 MiB of the target), and
 * regions stand in an array sorted by their index. A conversion touches some hundred regions,
 * whatever the size of the disk.
 *
 * Reading takes the mapped source first and lays the changed sectors over it.
 */
#include "convert/changes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/cleanup.h"

#define SECTOR		 UINT64_C(512)
#define PAGE		 UINT64_C(4096)
#define SECTORS_PER_PAGE (PAGE / SECTOR)
#define PAGES_PER_REGION UINT64_C(512)
#define REGION		 (PAGE * PAGES_PER_REGION)

struct page {
	uint8_t changed; /* bit i: sector i of the page is changed */
	uint8_t data[PAGE];
};

struct region {
	uint64_t index; /* target offset / REGION */
	struct page *pages[PAGES_PER_REGION];
};

struct changes {
	struct disk disk;
	struct disk *source;
	struct changes_range *ranges;
	size_t range_count;
	struct region **regions;
	size_t region_count, region_room;
	uint64_t bytes, max_bytes;
};

static const struct disk_ops changes_ops;

/* The first region whose index is at least 'index'; region_count when there is none. */
static size_t lower_bound(const struct changes *changes, uint64_t index)
{
	size_t low = 0, high = changes->region_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (changes->regions[middle]->index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct page *find_page(const struct changes *changes, uint64_t offset)
{
	size_t at = lower_bound(changes, offset / REGION);

	if (at == changes->region_count || changes->regions[at]->index != offset / REGION)
		return NULL;
	return changes->regions[at]->pages[offset % REGION / PAGE];
}

static struct region *make_region(struct changes *changes, uint64_t index)
{
	size_t at = lower_bound(changes, index);
	struct region *region;

	if (at < changes->region_count && changes->regions[at]->index == index)
		return changes->regions[at];
	if (changes->region_count == changes->region_room) {
		size_t room = changes->region_room ? 2 * changes->region_room : 64;
		struct region **regions = reallocarray(changes->regions, room, sizeof(*regions));

		if (!regions)
			return NULL;
		changes->regions = regions;
		changes->region_room = room;
	}
	region = calloc(1, sizeof(*region));
	if (!region)
		return NULL;
	region->index = index;
	memmove(changes->regions + at + 1, changes->regions + at,
		(changes->region_count - at) * sizeof(*changes->regions));
	changes->regions[at] = region;
	changes->region_count++;
	return region;
}

static struct page *make_page(struct changes *changes, uint64_t offset)
{
	struct region *region = make_region(changes, offset / REGION);
	struct page **page;

	if (!region)
		return NULL;
	page = &region->pages[offset % REGION / PAGE];
	if (!*page)
		*page = calloc(1, sizeof(**page));
	return *page;
}

/* The range that holds 'offset', or the next one behind it; range_count when there is none. */
static size_t find_range(const struct changes *changes, uint64_t offset)
{
	size_t low = 0, high = changes->range_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct changes_range *range = &changes->ranges[middle];

		if (range->target + range->length <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The mapped source alone, without the changes. */
static int read_mapped(struct changes *changes, uint8_t *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	memset(buffer, 0, length);
	for (size_t i = find_range(changes, offset); i < changes->range_count; i++) {
		const struct changes_range *range = &changes->ranges[i];
		uint64_t from = max_u64(offset, range->target);
		uint64_t to = min_u64(offset + length, range->target + range->length);
		int r;

		if (from >= to)
			break;
		r = disk_read(changes->source, buffer + (from - offset), (size_t)(to - from),
			      range->source + (from - range->target), err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void lay_over(const struct page *page, uint64_t page_offset, uint8_t *buffer, size_t length,
		     uint64_t offset)
{
	for (uint64_t i = 0; i < SECTORS_PER_PAGE; i++) {
		uint64_t sector = page_offset + i * SECTOR;
		uint64_t from = max_u64(sector, offset);
		uint64_t to = min_u64(sector + SECTOR, offset + length);

		if ((page->changed >> i & 1) && from < to)
			memcpy(buffer + (from - offset), page->data + (from - page_offset),
			       (size_t)(to - from));
	}
}

static int changes_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
			struct error *err)
{
	struct changes *changes = (struct changes *)disk;
	int r = read_mapped(changes, buffer, length, offset, err);

	if (r < 0)
		return r;
	for (size_t i = lower_bound(changes, offset / REGION); i < changes->region_count; i++) {
		const struct region *region = changes->regions[i];
		uint64_t start = region->index * REGION;

		if (start >= offset + length)
			break;
		for (uint64_t p = offset > start ? (offset - start) / PAGE : 0;
		     p < PAGES_PER_REGION && start + p * PAGE < offset + length; p++)
			if (region->pages[p])
				lay_over(region->pages[p], start + p * PAGE, buffer, length,
					 offset);
	}
	return 0;
}

/* Write within one sector. */
static int write_sector(struct changes *changes, const uint8_t *from, size_t length,
			uint64_t offset, struct error *err)
{
	uint64_t sector = round_down(offset, SECTOR);
	struct page *page = make_page(changes, offset);
	uint8_t bit = (uint8_t)(1U << (sector % PAGE / SECTOR));
	int r;

	if (!page)
		return error_failed(err, ENOMEM, "'%s': out of memory", changes->disk.name);
	if (!(page->changed & bit)) {
		if (changes->bytes + SECTOR > changes->max_bytes)
			return error_failed(err, ENOMEM,
					    "'%s': the conversion would change more than %" PRIu64
					    " MiB; the file system is probably damaged",
					    changes->disk.name, changes->max_bytes / MIB);
		if (length < SECTOR) {
			r = read_mapped(changes, page->data + sector % PAGE, SECTOR, sector, err);
			if (r < 0)
				return r;
		}
		page->changed |= bit;
		changes->bytes += SECTOR;
	}
	memcpy(page->data + offset % PAGE, from, length);
	return 0;
}

static int changes_write(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
			 struct error *err)
{
	struct changes *changes = (struct changes *)disk;
	const uint8_t *from = buffer;

	while (length > 0) {
		size_t now = (size_t)min_u64(length, SECTOR - offset % SECTOR);
		int r = write_sector(changes, from, now, offset, err);

		if (r < 0)
			return r;
		from += now;
		offset += now;
		length -= now;
	}
	return 0;
}

static bool is_changed(const struct changes *changes, uint64_t offset)
{
	const struct page *page = find_page(changes, offset);

	return page && (page->changed >> (offset % PAGE / SECTOR) & 1);
}

/* The first changed sector of a region at or after 'offset'; UINT64_MAX when there is none. */
static uint64_t first_changed(const struct region *region, uint64_t offset)
{
	uint64_t start = region->index * REGION;

	for (uint64_t p = offset > start ? (offset - start) / PAGE : 0; p < PAGES_PER_REGION; p++) {
		if (!region->pages[p] || !region->pages[p]->changed)
			continue;
		for (uint64_t i = 0; i < SECTORS_PER_PAGE; i++) {
			uint64_t sector = start + p * PAGE + i * SECTOR;

			if (sector >= offset && (region->pages[p]->changed >> i & 1))
				return sector;
		}
	}
	return UINT64_MAX;
}

/* The first changed sector at or after 'offset' (a multiple of a sector), 'limit' when there is
 * none before it. */
static uint64_t next_changed(const struct changes *changes, uint64_t offset, uint64_t limit)
{
	for (size_t i = lower_bound(changes, offset / REGION); i < changes->region_count; i++) {
		uint64_t found;

		if (changes->regions[i]->index * REGION >= limit)
			break;
		found = first_changed(changes->regions[i], offset);
		if (found != UINT64_MAX)
			return min_u64(found, limit);
	}
	return limit;
}

static int mapped_extent(struct changes *changes, uint64_t offset, struct disk_extent *ret,
			 struct error *err)
{
	size_t i = find_range(changes, offset);
	const struct changes_range *range = &changes->ranges[i];
	int r;

	if (i == changes->range_count || range->target > offset) {
		uint64_t end = i == changes->range_count ? changes->disk.size : range->target;

		*ret = (struct disk_extent){.kind = DISK_HOLE, .length = end - offset, .fd = -1};
		return 0;
	}
	r = disk_extent(changes->source, range->source + (offset - range->target), ret, err);
	if (r == 0)
		ret->length = min_u64(ret->length, range->target + range->length - offset);
	return r;
}

static int changes_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret,
			  struct error *err)
{
	struct changes *changes = (struct changes *)disk;
	uint64_t sector = round_down(offset, SECTOR);
	int r;

	if (is_changed(changes, offset)) {
		uint64_t end = sector + SECTOR;

		while (end < disk->size && end % REGION && is_changed(changes, end))
			end += SECTOR;
		*ret = (struct disk_extent){.kind = DISK_MEMORY, .length = end - offset, .fd = -1};
		return 0;
	}
	r = mapped_extent(changes, offset, ret, err);
	if (r == 0)
		ret->length = next_changed(changes, sector, offset + ret->length) - offset;
	return r;
}

static void changes_close(struct disk *disk)
{
	struct changes *changes = (struct changes *)disk;

	for (size_t i = 0; i < changes->region_count; i++) {
		for (size_t p = 0; p < PAGES_PER_REGION; p++)
			free(changes->regions[i]->pages[p]);
		free(changes->regions[i]);
	}
	free(changes->regions);
	free(changes->ranges);
	free(changes);
}

static const struct disk_ops changes_ops = {
	.read = changes_read,
	.write = changes_write,
	.extent = changes_extent,
	.close = changes_close,
};

/* Sorted, apart, aligned, within both disks. */
static bool ranges_are_valid(const struct disk *source, uint64_t size,
			     const struct changes_range *ranges, size_t count)
{
	uint64_t end = 0;

	for (size_t i = 0; i < count; i++) {
		const struct changes_range *range = &ranges[i];

		if (range->target < end || range->length == 0 ||
		    (range->target | range->source | range->length) % SECTOR ||
		    !range_within(range->target, range->length, size) ||
		    !range_within(range->source, range->length, source->size))
			return false;
		end = range->target + range->length;
	}
	return true;
}

int changes_open(struct disk *source, uint64_t size, const struct changes_range *ranges,
		 size_t count, uint64_t max_bytes, struct disk **ret, struct error *err)
{
	CLEANUP_FREE struct changes_range *copy = NULL;
	struct changes *changes;

	if (size % source->sector_size || !ranges_are_valid(source, size, ranges, count))
		return error_failed(err, EINVAL, "'%s': the ranges of the plan are not valid",
				    source->name);
	copy = calloc(count ? count : 1, sizeof(*copy));
	changes = calloc(1, sizeof(*changes));
	if (!copy || !changes) {
		free(changes);
		return error_failed(err, ENOMEM, "'%s': out of memory", source->name);
	}
	if (count)
		memcpy(copy, ranges, count * sizeof(*copy));
	*changes = (struct changes){
		.disk = {.ops = &changes_ops,
			 .name = source->name,
			 .size = size,
			 .sector_size = source->sector_size},
		.source = source,
		.ranges = TAKE(copy),
		.range_count = count,
		.max_bytes = max_bytes,
	};
	*ret = &changes->disk;
	return 0;
}

uint64_t changes_bytes(const struct disk *disk)
{
	return ((const struct changes *)disk)->bytes;
}
