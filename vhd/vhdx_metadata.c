/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The metadata region of a VHDX: its table and the items that describe the disk (MS-VHDX 2.6). */
#include "vhd/vhdx_metadata.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "vhd/vhdx_format.h"

struct item {
	struct guid guid;
	uint64_t at;	 /* file offset of the table entry, for messages */
	uint32_t offset; /* within the region */
	uint32_t length;
	uint32_t flags;
};

struct parser {
	const struct image_file *file;
	const struct vhdx_region *region;
	struct findings *findings;
	struct vhdx_metadata *metadata;
	struct error *err;
	unsigned int seen; /* one bit per known item */
};

/* The items of this program's interest: exact length (0: any) and the flags Microsoft's reader
 * demands. */
struct known_item {
	const char *name;
	struct guid guid;
	uint32_t length;
	uint32_t flags;
	int (*take)(struct parser *parser, const struct item *item, const uint8_t *value);
};

static int take_parameters(struct parser *p, const struct item *item, const uint8_t *value)
{
	uint32_t size = get_le32(value), bits = get_le32(value + 4);

	if (size < VHDX_BLOCK_SIZE_MIN || size > VHDX_BLOCK_SIZE_MAX || !is_power_of_two(size))
		return error_damaged(
			p->err,
			"'%s': metadata entry at %" PRIu64
			": block size %u, expected a power of two from 1 MiB to 256 MiB",
			p->file->path, item->at, size);
	if (bits & ~(VHDX_LEAVE_ALLOCATED | VHDX_HAS_PARENT))
		findings_add(p->findings, VHD_ERROR, item->at,
			     "'%s': file parameters of the entry at %" PRIu64
			     ": bits 0x%x, expected bits 0 and 1 only",
			     p->file->path, item->at, bits);
	p->metadata->block_size = size;
	p->metadata->leave_allocated = bits & VHDX_LEAVE_ALLOCATED;
	p->metadata->has_parent = bits & VHDX_HAS_PARENT;
	return 0;
}

static int take_size(struct parser *p, const struct item *item, const uint8_t *value)
{
	p->metadata->disk_size = get_le64(value);
	if (p->metadata->disk_size == 0 || p->metadata->disk_size > VHDX_DISK_SIZE_MAX)
		return error_damaged(p->err,
				     "'%s': metadata entry at %" PRIu64 ": virtual size %" PRIu64
				     ", expected 1 byte to 64 TiB",
				     p->file->path, item->at, p->metadata->disk_size);
	return 0;
}

static int take_id(struct parser *p, const struct item *item, const uint8_t *value)
{
	(void)item;
	memcpy(p->metadata->disk_id.bytes, value, sizeof(p->metadata->disk_id.bytes));
	return 0;
}

static int take_sector(struct parser *p, const struct item *item, const uint8_t *value,
		       uint32_t *to)
{
	*to = get_le32(value);
	if (*to != 512 && *to != 4096)
		return error_damaged(p->err,
				     "'%s': metadata entry at %" PRIu64
				     ": sector size %u, expected 512 or 4096",
				     p->file->path, item->at, *to);
	return 0;
}

static int take_logical(struct parser *p, const struct item *item, const uint8_t *value)
{
	return take_sector(p, item, value, &p->metadata->logical_sector);
}

static int take_physical(struct parser *p, const struct item *item, const uint8_t *value)
{
	return take_sector(p, item, value, &p->metadata->physical_sector);
}

static int take_locator(struct parser *p, const struct item *item, const uint8_t *value)
{
	(void)value;
	p->metadata->locator_offset = p->region->offset + item->offset;
	p->metadata->locator_length = item->length;
	return 0;
}

static int refuse_incomplete(struct parser *p, const struct item *item, const uint8_t *value)
{
	(void)value;
	return error_damaged(
		p->err,
		"'%s': metadata entry at %" PRIu64
		" marks the file as incomplete: whatever was writing it did not finish",
		p->file->path, item->at);
}

#define DISK_ITEM (VHDX_ITEM_VIRTUAL_DISK | VHDX_ITEM_REQUIRED)
#define MANDATORY 5U /* the first so many of the list below */

/* What is to be done with an item. */
static int take_item(struct parser *p, const struct item *item)
{
	const struct known_item known[] = {
		{"file parameters", VHDX_FILE_PARAMETERS, 8, VHDX_ITEM_REQUIRED, take_parameters},
		{"virtual disk size", VHDX_DISK_SIZE, 8, DISK_ITEM, take_size},
		{"virtual disk id", VHDX_DISK_ID, 16, DISK_ITEM, take_id},
		{"logical sector size", VHDX_LOGICAL_SECTOR, 4, DISK_ITEM, take_logical},
		{"physical sector size", VHDX_PHYSICAL_SECTOR, 4, DISK_ITEM, take_physical},
		{"parent locator", VHDX_PARENT_LOCATOR, 0, VHDX_ITEM_REQUIRED, take_locator},
		{"incomplete-file marker", VHDX_INCOMPLETE_FILE, 0, VHDX_ITEM_REQUIRED,
		 refuse_incomplete},
	};
	uint8_t value[16] = {0};
	char text[GUID_TEXT_SIZE];
	size_t i = 0;
	int r;

	while (i < ARRAY_SIZE(known) && !guid_equal(&item->guid, &known[i].guid))
		i++;
	if (i == ARRAY_SIZE(known) || item->flags & VHDX_ITEM_USER) {
		if (!(item->flags & VHDX_ITEM_REQUIRED)) {
			findings_add(p->findings, VHD_WARNING, item->at,
				     "'%s': metadata entry at %" PRIu64
				     ": unknown item %s, not marked as required, is not read",
				     p->file->path, item->at, guid_format(&item->guid, text));
			return 0;
		}
		return error_refused(
			p->err, REFUSAL_NOT_A_DISK_IMAGE,
			"make a plain VHDX of it with Convert-VHD on the Hyper-V host",
			"'%s': metadata entry at %" PRIu64
			": unknown item %s, marked as required (a VHD set, or a newer format)",
			p->file->path, item->at, guid_format(&item->guid, text));
	}
	if (p->seen & 1U << i)
		return error_damaged(p->err,
				     "'%s': metadata entry at %" PRIu64 ": the %s stands twice",
				     p->file->path, item->at, known[i].name);
	p->seen |= 1U << i;
	if (known[i].length && item->length != known[i].length)
		return error_damaged(p->err,
				     "'%s': metadata entry at %" PRIu64
				     ": %s of %u bytes, expected %u",
				     p->file->path, item->at, known[i].name, item->length,
				     known[i].length);
	if (item->flags != known[i].flags)
		findings_add(p->findings, VHD_ERROR, item->at,
			     "'%s': metadata entry at %" PRIu64
			     ": %s has flags 0x%x, expected 0x%x",
			     p->file->path, item->at, known[i].name, item->flags, known[i].flags);
	r = known[i].length ? image_file_read(p->file, value, item->length,
					      p->region->offset + item->offset, p->err)
			    : 0;
	return r < 0 ? r : known[i].take(p, item, value);
}

static struct item parse_item(const uint8_t *entry, uint64_t at)
{
	struct item item = {
		.at = at,
		.offset = get_le32(entry + VHDX_ITEM_OFFSET_AT),
		.length = get_le32(entry + VHDX_ITEM_LENGTH_AT),
		.flags = get_le32(entry + VHDX_ITEM_FLAGS_AT),
	};

	memcpy(item.guid.bytes, entry, sizeof(item.guid.bytes));
	return item;
}

/* Place and size of an item within the region. */
static int check_item(struct parser *p, const struct item *item, uint32_t reserved)
{
	if (item->length == 0 && item->offset == 0)
		return 0;
	if (item->length > VHDX_ITEM_MAX_LENGTH || item->offset < VHDX_METADATA_TABLE_SIZE ||
	    !range_within(item->offset, item->length, p->region->length))
		return error_damaged(
			p->err,
			"'%s': metadata entry at %" PRIu64
			": offset %u + %u, expected up to 1 MiB between 65536 and the end of the "
			"region at %u",
			p->file->path, item->at, item->offset, item->length, p->region->length);
	if (reserved || item->flags > 7 || guid_is_zero(&item->guid) ||
	    (item->flags & VHDX_ITEM_USER && item->flags & VHDX_ITEM_REQUIRED))
		findings_add(p->findings, VHD_ERROR, item->at,
			     "'%s': metadata entry at %" PRIu64
			     ": flags 0x%x, reserved field 0x%x or the GUID are not allowed",
			     p->file->path, item->at, item->flags, reserved);
	return 0;
}

/* Do two items overlap? The table is small. */
static void note_overlaps(struct parser *p, const uint8_t *table, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct item a =
			parse_item(table + VHDX_METADATA_ENTRIES_AT + i * VHDX_ITEM_SIZE, 0);

		for (uint32_t j = 0; j < i; j++) {
			struct item b =
				parse_item(table + VHDX_METADATA_ENTRIES_AT + j * VHDX_ITEM_SIZE,
					   0);

			if ((uint64_t)a.offset < (uint64_t)b.offset + b.length &&
			    (uint64_t)b.offset < (uint64_t)a.offset + a.length)
				findings_add(
					p->findings, VHD_ERROR, p->region->offset + a.offset,
					"'%s': metadata items %u and %u overlap at offset %" PRIu64,
					p->file->path, j, i, p->region->offset + a.offset);
		}
	}
}

static int parse_table(struct parser *p, const uint8_t *table)
{
	uint32_t count = get_le16(table + VHDX_METADATA_COUNT_AT);
	int r = 0;

	if (memcmp(table, VHDX_METADATA_SIGNATURE, 8) != 0)
		return error_damaged(p->err,
				     "'%s': no metadata table at offset %" PRIu64
				     ": the signature is wrong",
				     p->file->path, p->region->offset);
	if (count > VHDX_METADATA_MAX)
		return error_damaged(p->err,
				     "'%s': metadata table at %" PRIu64
				     ": %u entries, expected up to %u",
				     p->file->path, p->region->offset, count, VHDX_METADATA_MAX);
	if (get_le16(table + VHDX_METADATA_RESERVED_AT) ||
	    !is_zero(table + VHDX_METADATA_RESERVED2_AT, 20))
		findings_add(p->findings, VHD_ERROR, p->region->offset,
			     "'%s': metadata table at %" PRIu64 ": reserved fields are not zero",
			     p->file->path, p->region->offset);
	for (uint32_t i = 0; i < count && r == 0; i++) {
		uint32_t entry = VHDX_METADATA_ENTRIES_AT + i * VHDX_ITEM_SIZE;
		struct item item = parse_item(table + entry, p->region->offset + entry);

		r = check_item(p, &item, get_le32(table + entry + VHDX_ITEM_RESERVED_AT));
		if (r == 0)
			r = take_item(p, &item);
	}
	note_overlaps(p, table, count);
	return r;
}

/* What the items mean together. */
static int check_metadata(struct parser *p)
{
	const struct vhdx_metadata *metadata = p->metadata;

	if (~p->seen & ((1U << MANDATORY) - 1))
		return error_damaged(
			p->err,
			"'%s': metadata table at %" PRIu64
			" lacks one of file parameters, size, id, logical and physical sector size",
			p->file->path, p->region->offset);
	if (metadata->disk_size % metadata->logical_sector)
		return error_damaged(p->err,
				     "'%s': virtual size %" PRIu64
				     " is no multiple of the sector size %u",
				     p->file->path, metadata->disk_size, metadata->logical_sector);
	if (metadata->has_parent && !metadata->locator_length)
		return error_damaged(p->err,
				     "'%s': metadata table at %" PRIu64
				     ": a differencing disk without a parent locator",
				     p->file->path, p->region->offset);
	return 0;
}

int vhdx_read_metadata(const struct image_file *file, const struct vhdx_region *region,
		       struct findings *findings, struct vhdx_metadata *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *table = malloc(VHDX_METADATA_TABLE_SIZE);
	struct parser p = {
		.file = file, .region = region, .findings = findings, .metadata = ret, .err = err};
	int r;

	*ret = (struct vhdx_metadata){.block_size = 0};
	if (!table)
		return error_failed(err, ENOMEM, "out of memory");
	r = image_file_read(file, table, VHDX_METADATA_TABLE_SIZE, region->offset, err);
	if (r == 0)
		r = parse_table(&p, table);
	return r < 0 ? r : check_metadata(&p);
}
