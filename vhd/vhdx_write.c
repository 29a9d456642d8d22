/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing a VHDX in one go.
 *
 *   identifier, headers, region tables | log (empty) | metadata | BAT | bitmaps | blocks
 *
 * The log, the metadata and the BAT stand where Microsoft's own tools put them. Blocks come first
 * and the identifier last, so that a file whose writing was cut short is no VHDX. The BAT passes
 * through a window of fixed size; zeros are never written, as the file is empty at the start.
 * Blocks are in the order of the disk. Only a differencing disk has bitmaps.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/utf16.h"
#include "vhd/crc32c.h"
#include "vhd/vhdx_format.h"
#include "vhd/vhdx_make_locator.h"
#include "vhd/vhdx_put.h"
#include "vhd/vhdx_write_blocks.h"
#include "vhd/vhdx_writer.h"

static void put_guid(uint8_t *at, const struct guid *guid)
{
	memcpy(at, guid->bytes, sizeof(guid->bytes));
}

struct item_writer {
	uint8_t *entry; /* in the table */
	uint8_t *value; /* in the area behind it */
	uint32_t offset;
};

/* Append a table entry; returns where its value goes. */
static uint8_t *put_item(struct item_writer *items, const struct guid *guid, uint32_t length,
			 uint32_t flags)
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

/* The parent locator, behind the items of fixed length. */
#define LOCATOR_OFFSET (VHDX_METADATA_TABLE_SIZE + 4096)

static int write_locator(struct vhdx_writer *w, struct item_writer *items)
{
	size_t length;
	CLEANUP_FREE uint8_t *bytes = vhdx_make_locator(w->spec->parent, &length, w->err);

	if (!bytes)
		return w->err ? -w->err->code : -EINVAL;
	items->offset = LOCATOR_OFFSET;
	put_item(items, &VHDX_PARENT_LOCATOR, (uint32_t)length, VHDX_ITEM_REQUIRED);
	return vhdx_put(w, bytes, length, WRITER_METADATA_OFFSET + LOCATOR_OFFSET);
}

static uint32_t parameter_bits(const struct vhdx_metadata *metadata)
{
	return (metadata->leave_allocated ? VHDX_LEAVE_ALLOCATED : 0) |
	       (metadata->has_parent ? VHDX_HAS_PARENT : 0);
}

static int write_metadata(struct vhdx_writer *w)
{
	const uint32_t disk_flags = VHDX_ITEM_VIRTUAL_DISK | VHDX_ITEM_REQUIRED;
	CLEANUP_FREE uint8_t *bytes = calloc(1, LOCATOR_OFFSET);
	struct item_writer items;
	uint8_t *value;
	int r = 0;

	if (!bytes)
		return error_failed(w->err, ENOMEM, "out of memory");
	memcpy(bytes, VHDX_METADATA_SIGNATURE, 8);
	put_le16(bytes + VHDX_METADATA_COUNT_AT, w->parent ? 6 : 5);
	items = (struct item_writer){.entry = bytes + VHDX_METADATA_ENTRIES_AT,
				     .value = bytes + VHDX_METADATA_TABLE_SIZE,
				     .offset = VHDX_METADATA_TABLE_SIZE};
	value = put_item(&items, &VHDX_FILE_PARAMETERS, 8, VHDX_ITEM_REQUIRED);
	put_le32(value, w->metadata.block_size);
	put_le32(value + 4, parameter_bits(&w->metadata));
	put_le64(put_item(&items, &VHDX_DISK_SIZE, 8, disk_flags), w->metadata.disk_size);
	put_guid(put_item(&items, &VHDX_DISK_ID, 16, disk_flags), &w->metadata.disk_id);
	put_le32(put_item(&items, &VHDX_LOGICAL_SECTOR, 4, disk_flags), w->metadata.logical_sector);
	put_le32(put_item(&items, &VHDX_PHYSICAL_SECTOR, 4, disk_flags),
		 w->metadata.physical_sector);
	if (w->parent)
		r = write_locator(w, &items);
	return r < 0 ? r : vhdx_put(w, bytes, LOCATOR_OFFSET, WRITER_METADATA_OFFSET);
}

static void put_region(uint8_t *entry, const struct guid *guid, uint64_t offset, uint64_t length)
{
	put_guid(entry, guid);
	put_le64(entry + VHDX_REGION_OFFSET_AT, offset);
	put_le32(entry + VHDX_REGION_LENGTH_AT, (uint32_t)length);
	put_le32(entry + VHDX_REGION_FLAGS_AT, VHDX_REGION_REQUIRED);
}

static int write_regions(struct vhdx_writer *w)
{
	CLEANUP_FREE uint8_t *table = calloc(1, VHDX_REGIONS_SIZE);
	uint8_t *entries;
	int r = 0;

	if (!table)
		return error_failed(w->err, ENOMEM, "out of memory");
	entries = table + VHDX_REGIONS_ENTRIES_AT;
	memcpy(table, VHDX_REGIONS_SIGNATURE, 4);
	put_le32(table + VHDX_REGIONS_COUNT_AT, 2);
	put_region(entries, &VHDX_REGION_BAT, WRITER_BAT_OFFSET, w->bat_length);
	put_region(entries + VHDX_REGION_SIZE, &VHDX_REGION_METADATA, WRITER_METADATA_OFFSET,
		   WRITER_METADATA_LENGTH);
	put_le32(table + VHDX_REGIONS_CHECKSUM_AT, crc32c(0, table, VHDX_REGIONS_SIZE));
	for (unsigned int i = 0; i < 2 && r == 0; i++)
		r = vhdx_put(w, table, VHDX_REGIONS_SIZE, VHDX_REGIONS_OFFSET(i));
	return r;
}

/* Both headers, alike but for the sequence number: the second is the current one. */
static int write_headers(struct vhdx_writer *w)
{
	int r = 0;

	for (unsigned int i = 0; i < 2 && r == 0; i++) {
		uint8_t header[VHDX_HEADER_SIZE] = {0};

		memcpy(header, VHDX_HEADER_SIGNATURE, 4);
		put_le64(header + VHDX_HEADER_SEQUENCE_AT, i);
		put_guid(header + VHDX_HEADER_FILE_WRITE_AT, &w->spec->file_write_guid);
		put_guid(header + VHDX_HEADER_DATA_WRITE_AT, &w->spec->data_write_guid);
		put_le16(header + VHDX_HEADER_VERSION_AT, VHDX_VERSION);
		put_le32(header + VHDX_HEADER_LOG_LENGTH_AT, WRITER_LOG_LENGTH);
		put_le64(header + VHDX_HEADER_LOG_OFFSET_AT, WRITER_LOG_OFFSET);
		put_le32(header + VHDX_HEADER_CHECKSUM_AT, crc32c(0, header, sizeof(header)));
		r = vhdx_put(w, header, sizeof(header), VHDX_HEADER_OFFSET(i));
	}
	return r;
}

static int write_identifier(struct vhdx_writer *w)
{
	uint8_t bytes[4096] = VHDX_SIGNATURE;
	size_t size = 0;
	CLEANUP_FREE uint8_t *creator = utf8_to_utf16le(w->spec->creator, &size);

	if (!creator || size > VHDX_CREATOR_SIZE)
		return error_failed(w->err, creator ? EINVAL : errno,
				    "'%s': creator text '%s' cannot be stored", w->copy.name,
				    w->spec->creator);
	memcpy(bytes + VHDX_CREATOR_AT, creator, size);
	return vhdx_put(w, bytes, sizeof(bytes), 0);
}

static int set_length(struct vhdx_writer *w)
{
	if (ftruncate(w->copy.fd, (off_t)w->end) < 0)
		return error_failed(w->err, errno, "'%s': cannot set the length to %" PRIu64 ": %s",
				    w->copy.name, w->end, strerror(errno));
	return 0;
}

static int write_file(struct vhdx_writer *w)
{
	int r = vhdx_write_blocks(w);

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
	CLEANUP_FREE uint8_t *bat = calloc(1, WRITER_BAT_WINDOW);
	CLEANUP_FREE uint8_t *bits = calloc(1, VHDX_BLOCK_SIZE_MAX / 512 / 8);
	struct vhdx_writer w;
	int r = vhdx_writer_init(&w, fd, name, spec, contents, err);

	if (r < 0)
		return r;
	if (!buffer || !bat || !bits)
		return error_failed(err, ENOMEM, "out of memory");
	w.copy.progress = progress;
	w.copy.buffer = buffer;
	w.bat = bat;
	w.bits = bits;
	return write_file(&w);
}
