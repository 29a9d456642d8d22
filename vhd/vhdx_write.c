/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing a VHDX in one go.
 *
 *   identifier, headers, region tables | log (empty) | metadata | BAT | blocks in the order of the disk
 *
 * The log, the metadata and the BAT stand where Microsoft's own tools put them. Blocks come first and the identifier last,
 * so that a file whose writing was cut short is no VHDX. The BAT passes through a window of fixed size; zeros are never
 * written, as the file is empty at the start.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/utf16.h"
#include "vhd/copy.h"
#include "vhd/crc32c.h"
#include "vhd/io.h"
#include "vhd/vhdx.h"

#define LOG_OFFSET      (1 * MIB)
#define LOG_LENGTH      MIB
#define METADATA_OFFSET (2 * MIB)
#define METADATA_LENGTH MIB
#define BAT_OFFSET      (3 * MIB)
#define BAT_WINDOW      (64 * KIB)
#define BAT_PAGE        4096

struct writer {
	const struct vhdx_spec *spec;
	struct disk *contents;
	const struct vhd_progress *progress;
	struct error *err;
	struct copy copy;
	struct vhdx_metadata metadata;
	struct vhdx_geometry geometry;
	uint64_t bat_length;
	uint64_t end;        /* of the file so far: where the next block goes */
	uint8_t *bat;        /* BAT_WINDOW bytes from 'bat_offset' of the BAT */
	uint64_t bat_offset;
};

static int put(struct writer *w, const void *bytes, size_t length, uint64_t offset)
{
	int r = io_write(w->copy.fd, bytes, length, offset);

	if (r < 0)
		return error_failed(w->err, -r, "'%s': cannot write: %s", w->copy.name, strerror(-r));
	return 0;
}

static void put_guid(uint8_t *at, const struct guid *guid)
{
	memcpy(at, guid->bytes, sizeof(guid->bytes));
}

/* Write the window's pages that are not zero, and empty it. */
static int flush_bat(struct writer *w)
{
	int r = 0;

	for (uint64_t at = 0; at < BAT_WINDOW && r == 0; at += BAT_PAGE)
		if (!is_zero(w->bat + at, BAT_PAGE))
			r = put(w, w->bat + at, BAT_PAGE, BAT_OFFSET + w->bat_offset + at);
	memset(w->bat, 0, BAT_WINDOW);
	return r;
}

/* Set one entry; indexes only ever rise. */
static int set_bat(struct writer *w, uint64_t index, uint64_t offset, enum vhdx_state state)
{
	uint64_t at = index * VHDX_BAT_ENTRY_SIZE;
	int r = 0;

	if (at - w->bat_offset >= BAT_WINDOW) {
		r = flush_bat(w);
		w->bat_offset = round_down(at, BAT_WINDOW);
	}
	put_le64(w->bat + (at - w->bat_offset), offset | state);
	return r;
}

static void tell_progress(const struct writer *w, uint64_t done)
{
	if (w->progress)
		w->progress->update(w->progress->opaque, done, w->contents->size);
}

/* The extent at 'offset', cut off at 'end'. */
static int extent_until(struct writer *w, uint64_t offset, uint64_t end, struct disk_extent *ret)
{
	int r = disk_extent(w->contents, offset, ret, w->err);

	if (r == 0)
		ret->length = min_u64(ret->length, end - offset);
	return r;
}

/* Does [offset, end) hold anything but zeros? 1, 0 or a negative errno. */
static int has_data(struct writer *w, uint64_t offset, uint64_t end)
{
	int r = 1;

	while (offset < end && r > 0) {
		struct disk_extent extent;

		r = extent_until(w, offset, end, &extent);
		if (r == 0)
			r = copy_extent_is_zero(&w->copy, w->contents, offset, &extent, w->err);
		offset += extent.length;
	}
	return r < 0 ? r : !r;
}

static int copy_block(struct writer *w, uint64_t offset, uint64_t end)
{
	uint64_t to = w->end;
	bool stored = false;
	int r = 0;

	while (offset < end && r == 0) {
		struct disk_extent extent;

		r = extent_until(w, offset, end, &extent);
		if (r == 0)
			r = copy_extent(&w->copy, w->contents, offset, &extent, to, &stored, w->err);
		offset += extent.length;
		to += extent.length;
	}
	return r;
}

static int write_block(struct writer *w, uint64_t block)
{
	uint64_t offset = block * w->spec->block_size;
	uint64_t end = min_u64(offset + w->spec->block_size, w->contents->size);
	int r = has_data(w, offset, end);

	if (r < 0 || (r == 0 && w->spec->type == VHD_TYPE_DYNAMIC))
		return r;
	if (r > 0)
		r = copy_block(w, offset, end);
	if (r == 0)
		r = set_bat(w, vhdx_payload_index(&w->geometry, block), w->end, VHDX_FULLY_PRESENT);
	w->end += w->spec->block_size;
	return r;
}

/* How many whole blocks from 'block' on are a hole or zero according to the block map of the contents. */
static int empty_blocks(struct writer *w, uint64_t block, uint64_t *ret)
{
	uint64_t offset = block * w->spec->block_size;
	struct disk_extent extent;
	int r = extent_until(w, offset, w->contents->size, &extent);

	*ret = 0;
	if (r < 0 || (extent.kind != DISK_HOLE && extent.kind != DISK_ZERO))
		return r;
	*ret = extent.length / w->spec->block_size;
	if (offset + extent.length == w->contents->size)
		*ret = w->geometry.blocks - block;
	return 0;
}

static int write_blocks(struct writer *w)
{
	uint64_t block = 0, empty = 0;
	int r = 0;

	while (block < w->geometry.blocks && r == 0) {
		if (w->spec->type == VHD_TYPE_DYNAMIC)
			r = empty_blocks(w, block, &empty);
		if (r == 0 && empty == 0)
			r = write_block(w, block++);
		block += empty;
		tell_progress(w, min_u64(block * w->spec->block_size, w->contents->size));
	}
	return r < 0 ? r : flush_bat(w);
}

struct item_writer {
	uint8_t *entry; /* in the table */
	uint8_t *value; /* in the area behind it */
	uint32_t offset;
};

/* Append a table entry; returns where its value goes. */
static uint8_t *put_item(struct item_writer *items, const struct guid *guid, uint32_t length, uint32_t flags)
{
	uint8_t *value = items->value;

	put_guid(items->entry, guid);
	put_le32(items->entry + VHDX_ITEM_OFFSET_AT, items->offset);
	put_le32(items->entry + VHDX_ITEM_LENGTH_AT, length);
	put_le32(items->entry + VHDX_ITEM_FLAGS_AT, flags);
	items->entry += VHDX_ITEM_SIZE;
	items->value += length;
	items->offset += length;
	return value;
}

static int write_metadata(struct writer *w)
{
	const uint32_t disk_flags = VHDX_ITEM_VIRTUAL_DISK | VHDX_ITEM_REQUIRED;
	CLEANUP_FREE uint8_t *bytes = calloc(1, VHDX_METADATA_TABLE_SIZE + 4096);
	struct item_writer items;
	uint8_t *value;

	if (!bytes)
		return error_failed(w->err, ENOMEM, "out of memory");
	memcpy(bytes, VHDX_METADATA_SIGNATURE, 8);
	put_le16(bytes + VHDX_METADATA_COUNT_AT, 5);
	items = (struct item_writer){.entry = bytes + VHDX_METADATA_ENTRIES_AT,
				     .value = bytes + VHDX_METADATA_TABLE_SIZE,
				     .offset = VHDX_METADATA_TABLE_SIZE};
	value = put_item(&items, &VHDX_FILE_PARAMETERS, 8, VHDX_ITEM_REQUIRED);
	put_le32(value, w->metadata.block_size);
	put_le32(value + 4, w->metadata.leave_allocated ? VHDX_LEAVE_ALLOCATED : 0);
	put_le64(put_item(&items, &VHDX_DISK_SIZE, 8, disk_flags), w->metadata.disk_size);
	put_guid(put_item(&items, &VHDX_DISK_ID, 16, disk_flags), &w->metadata.disk_id);
	put_le32(put_item(&items, &VHDX_LOGICAL_SECTOR, 4, disk_flags), w->metadata.logical_sector);
	put_le32(put_item(&items, &VHDX_PHYSICAL_SECTOR, 4, disk_flags), w->metadata.physical_sector);
	return put(w, bytes, VHDX_METADATA_TABLE_SIZE + 4096, METADATA_OFFSET);
}

static void put_region(uint8_t *entry, const struct guid *guid, uint64_t offset, uint64_t length)
{
	put_guid(entry, guid);
	put_le64(entry + VHDX_REGION_OFFSET_AT, offset);
	put_le32(entry + VHDX_REGION_LENGTH_AT, (uint32_t)length);
	put_le32(entry + VHDX_REGION_FLAGS_AT, VHDX_REGION_REQUIRED);
}

static int write_regions(struct writer *w)
{
	CLEANUP_FREE uint8_t *table = calloc(1, VHDX_REGIONS_SIZE);
	uint8_t *entries;
	int r = 0;

	if (!table)
		return error_failed(w->err, ENOMEM, "out of memory");
	entries = table + VHDX_REGIONS_ENTRIES_AT;
	memcpy(table, VHDX_REGIONS_SIGNATURE, 4);
	put_le32(table + VHDX_REGIONS_COUNT_AT, 2);
	put_region(entries, &VHDX_REGION_BAT, BAT_OFFSET, w->bat_length);
	put_region(entries + VHDX_REGION_SIZE, &VHDX_REGION_METADATA, METADATA_OFFSET, METADATA_LENGTH);
	put_le32(table + VHDX_REGIONS_CHECKSUM_AT, crc32c(0, table, VHDX_REGIONS_SIZE));
	for (unsigned int i = 0; i < 2 && r == 0; i++)
		r = put(w, table, VHDX_REGIONS_SIZE, VHDX_REGIONS_OFFSET(i));
	return r;
}

/* Both headers, alike but for the sequence number: the second is the current one. */
static int write_headers(struct writer *w)
{
	int r = 0;

	for (unsigned int i = 0; i < 2 && r == 0; i++) {
		uint8_t header[VHDX_HEADER_SIZE] = {0};

		memcpy(header, VHDX_HEADER_SIGNATURE, 4);
		put_le64(header + VHDX_HEADER_SEQUENCE_AT, i);
		put_guid(header + VHDX_HEADER_FILE_WRITE_AT, &w->spec->file_write_guid);
		put_guid(header + VHDX_HEADER_DATA_WRITE_AT, &w->spec->data_write_guid);
		put_le16(header + VHDX_HEADER_VERSION_AT, VHDX_VERSION);
		put_le32(header + VHDX_HEADER_LOG_LENGTH_AT, LOG_LENGTH);
		put_le64(header + VHDX_HEADER_LOG_OFFSET_AT, LOG_OFFSET);
		put_le32(header + VHDX_HEADER_CHECKSUM_AT, crc32c(0, header, sizeof(header)));
		r = put(w, header, sizeof(header), VHDX_HEADER_OFFSET(i));
	}
	return r;
}

static int write_identifier(struct writer *w)
{
	uint8_t bytes[4096] = VHDX_SIGNATURE;
	size_t size = 0;
	CLEANUP_FREE uint8_t *creator = utf8_to_utf16le(w->spec->creator, &size);

	if (!creator || size > VHDX_CREATOR_SIZE)
		return error_failed(w->err, creator ? EINVAL : errno, "'%s': creator text '%s' cannot be stored",
				    w->copy.name, w->spec->creator);
	memcpy(bytes + VHDX_CREATOR_AT, creator, size);
	return put(w, bytes, sizeof(bytes), 0);
}

static int set_length(struct writer *w)
{
	if (ftruncate(w->copy.fd, (off_t)w->end) < 0)
		return error_failed(w->err, errno, "'%s': cannot set the length to %" PRIu64 ": %s",
				    w->copy.name, w->end, strerror(errno));
	return 0;
}

/* Only mistakes of the caller. */
static int check_spec(const struct vhdx_spec *spec, const struct disk *contents, const char *name,
		      struct error *err)
{
	uint32_t block = spec->block_size;

	if ((spec->type == VHD_TYPE_FIXED || spec->type == VHD_TYPE_DYNAMIC) && is_power_of_two(block) &&
	    block >= VHDX_BLOCK_SIZE_MIN && block <= VHDX_BLOCK_SIZE_MAX && contents->size > 0 &&
	    contents->size <= VHDX_DISK_SIZE_MAX && contents->size % contents->sector_size == 0)
		return 0;
	return error_failed(err, EINVAL,
			    "'%s': cannot make a VHDX of %" PRIu64 " bytes with blocks of %u bytes", name,
			    contents->size, block);
}

static int write_file(struct writer *w)
{
	int r = write_blocks(w);

	if (r == 0)
		r = set_length(w);
	if (r == 0)
		r = write_metadata(w);
	if (r == 0)
		r = write_regions(w);
	if (r == 0)
		r = write_headers(w);
	return r < 0 ? r : write_identifier(w);
}

int vhdx_write(int fd, const char *name, const struct vhdx_spec *spec, struct disk *contents,
	       const struct vhd_progress *progress, struct error *err)
{
	CLEANUP_FREE uint8_t *buffer = malloc(COPY_BUFFER);
	CLEANUP_FREE uint8_t *bat = calloc(1, BAT_WINDOW);
	struct writer w = {
		.spec = spec,
		.contents = contents,
		.progress = progress,
		.err = err,
		.copy = {.fd = fd, .name = name, .buffer = buffer},
		.metadata = {.block_size = spec->block_size,
			     .leave_allocated = spec->type == VHD_TYPE_FIXED,
			     .disk_size = contents->size,
			     .disk_id = spec->disk_id,
			     .logical_sector = contents->sector_size,
			     .physical_sector = spec->physical_sector_size},
		.bat = bat,
	};
	int r = check_spec(spec, contents, name, err);

	if (r < 0)
		return r;
	if (!buffer || !bat)
		return error_failed(err, ENOMEM, "out of memory");
	w.geometry = vhdx_geometry(&w.metadata);
	w.bat_length = div_round_up(w.geometry.entries * VHDX_BAT_ENTRY_SIZE, MIB) * MIB;
	w.end = BAT_OFFSET + w.bat_length;
	return write_file(&w);
}
