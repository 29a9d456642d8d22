/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHDX headers and region tables: which copy counts, and what it says (MS-VHDX 2.2.2, 2.2.3). */
#include "vhd/vhdx_header.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "vhd/crc32c.h"
#include "vhd/vhdx_format.h"

/* A copy is whole when its signature and checksum are right. */
static bool is_whole(const uint8_t *bytes, size_t size, const char *signature)
{
	return memcmp(bytes, signature, 4) == 0 &&
	       get_le32(bytes + 4) == crc32c_without_field(bytes, size, 4);
}

static struct guid get_guid(const uint8_t *at)
{
	struct guid guid;

	memcpy(guid.bytes, at, sizeof(guid.bytes));
	return guid;
}

static struct vhdx_header parse_header(const uint8_t *bytes)
{
	return (struct vhdx_header){
		.sequence = get_le64(bytes + VHDX_HEADER_SEQUENCE_AT),
		.file_write = get_guid(bytes + VHDX_HEADER_FILE_WRITE_AT),
		.data_write = get_guid(bytes + VHDX_HEADER_DATA_WRITE_AT),
		.log_guid = get_guid(bytes + VHDX_HEADER_LOG_GUID_AT),
		.log_version = get_le16(bytes + VHDX_HEADER_LOG_VERSION_AT),
		.version = get_le16(bytes + VHDX_HEADER_VERSION_AT),
		.log_length = get_le32(bytes + VHDX_HEADER_LOG_LENGTH_AT),
		.log_offset = get_le64(bytes + VHDX_HEADER_LOG_OFFSET_AT),
	};
}

/* What Microsoft's reader demands of the current header. */
static int check_header(const struct image_file *file, uint64_t at,
			const struct vhdx_header *header, struct error *err)
{
	bool has_log = !guid_is_zero(&header->log_guid);

	if (header->version != VHDX_VERSION)
		return error_damaged(err, "'%s': header at %" PRIu64 ": version %u, expected %u",
				     file->path, at, header->version, VHDX_VERSION);
	if (has_log && header->log_version != 0)
		return error_damaged(err, "'%s': header at %" PRIu64 ": log version %u, expected 0",
				     file->path, at, header->log_version);
	if (header->log_length % VHDX_ALIGNMENT || header->log_length > VHDX_LOG_MAX ||
	    (has_log && header->log_length == 0))
		return error_damaged(err,
				     "'%s': header at %" PRIu64
				     ": log of %u bytes, expected whole MiB up to 1 GiB",
				     file->path, at, header->log_length);
	if (header->log_length &&
	    (header->log_offset % VHDX_ALIGNMENT || header->log_offset < VHDX_ALIGNMENT ||
	     !range_within(header->log_offset, header->log_length, file->size)))
		return error_damaged(err,
				     "'%s': header at %" PRIu64 ": log at offset %" PRIu64
				     " + %u, expected on a "
				     "MiB within the file of %" PRIu64 " bytes",
				     file->path, at, header->log_offset, header->log_length,
				     file->size);
	return 0;
}

/* The index of the current header; -1: none. Two with one number are accepted when alike, as
 * Disk2vhd writes them. */
static int choose_header(uint8_t bytes[2][VHDX_HEADER_SIZE])
{
	bool whole[2];
	uint64_t sequence[2];

	for (int i = 0; i < 2; i++) {
		whole[i] = is_whole(bytes[i], VHDX_HEADER_SIZE, VHDX_HEADER_SIGNATURE);
		sequence[i] = get_le64(bytes[i] + VHDX_HEADER_SEQUENCE_AT);
	}
	if (!whole[0] || !whole[1])
		return whole[0] ? 0 : whole[1] ? 1 : -1;
	if (sequence[0] == sequence[1])
		return memcmp(bytes[0], bytes[1], VHDX_HEADER_SIZE) == 0 ? 0 : -1;
	return sequence[1] > sequence[0];
}

static void note_header(const struct image_file *file, const uint8_t *current, const uint8_t *other,
			uint64_t other_at, struct findings *findings)
{
	if (!is_whole(other, VHDX_HEADER_SIZE, VHDX_HEADER_SIGNATURE))
		findings_add(findings, VHD_WARNING, other_at,
			     "'%s': header at %" PRIu64 " is not whole; the other one is used",
			     file->path, other_at);
	if (!is_zero(current + VHDX_HEADER_RESERVED_AT, VHDX_HEADER_SIZE - VHDX_HEADER_RESERVED_AT))
		findings_add(findings, VHD_WARNING, VHDX_HEADER_OFFSET(0),
			     "'%s': reserved bytes of the current header are not zero", file->path);
}

int vhdx_read_header(const struct image_file *file, struct findings *findings,
		     struct vhdx_header *ret, struct error *err)
{
	uint8_t bytes[2][VHDX_HEADER_SIZE];
	int current, r = 0;

	for (unsigned int i = 0; i < 2 && r == 0; i++)
		r = image_file_read(file, bytes[i], VHDX_HEADER_SIZE, VHDX_HEADER_OFFSET(i), err);
	if (r < 0)
		return r;
	current = choose_header(bytes);
	if (current < 0)
		return error_damaged(
			err,
			"'%s': no valid header: signature or CRC-32C are wrong at offset %" PRIu64
			" and at %" PRIu64 ", or both carry one sequence number and differ",
			file->path, VHDX_HEADER_OFFSET(0), VHDX_HEADER_OFFSET(1));
	*ret = parse_header(bytes[current]);
	note_header(file, bytes[current], bytes[!current], VHDX_HEADER_OFFSET(!current), findings);
	return check_header(file, VHDX_HEADER_OFFSET((unsigned int)current), ret, err);
}

static bool ranges_meet(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length)
{
	return a_length && b_length && a < b + b_length && b < a + a_length;
}

static int check_region(const struct image_file *file, uint64_t at,
			const struct vhdx_region *region, const struct vhdx_header *header,
			struct error *err)
{
	if (region->offset % VHDX_ALIGNMENT || region->offset < VHDX_ALIGNMENT ||
	    region->length % VHDX_ALIGNMENT || region->length == 0 ||
	    !range_within(region->offset, region->length, file->size))
		return error_damaged(err,
				     "'%s': region entry at %" PRIu64 ": offset %" PRIu64
				     " + %u, expected whole MiB within the file of %" PRIu64
				     " bytes",
				     file->path, at, region->offset, region->length, file->size);
	if (ranges_meet(region->offset, region->length, header->log_offset, header->log_length))
		return error_damaged(err,
				     "'%s': region entry at %" PRIu64 ": offset %" PRIu64
				     " + %u, overlaps the log at %" PRIu64,
				     file->path, at, region->offset, region->length,
				     header->log_offset);
	return 0;
}

/* Keep an entry of no known use; there are VHDX_REGIONS_MAX at most. */
static int take_other(const uint8_t *entry, uint64_t at, struct vhdx_regions *regions,
		      struct error *err)
{
	struct vhdx_other_region *others =
		reallocarray(regions->others, regions->other_count + 1, sizeof(*others));

	if (!others)
		return error_failed(err, ENOMEM, "out of memory");
	regions->others = others;
	others[regions->other_count++] = (struct vhdx_other_region){
		.region = {.offset = get_le64(entry + VHDX_REGION_OFFSET_AT),
			   .length = get_le32(entry + VHDX_REGION_LENGTH_AT)},
		.at = at,
	};
	return 0;
}

/* Store one entry of the table where it belongs. */
static int take_region(const struct image_file *file, const uint8_t *entry, uint64_t at,
		       const struct vhdx_header *header, struct vhdx_regions *regions,
		       struct error *err)
{
	struct guid guid = get_guid(entry);
	bool required = get_le32(entry + VHDX_REGION_FLAGS_AT) & VHDX_REGION_REQUIRED;
	struct vhdx_region *to = guid_equal(&guid, &VHDX_REGION_BAT)	    ? &regions->bat
				 : guid_equal(&guid, &VHDX_REGION_METADATA) ? &regions->metadata
									    : NULL;
	char text[GUID_TEXT_SIZE];

	if (!to && required)
		return error_refused(err, REFUSAL_NOT_A_DISK_IMAGE,
				     "make a plain VHDX of it with Convert-VHD on the Hyper-V host",
				     "'%s': region entry at %" PRIu64
				     ": unknown region %s, marked as required",
				     file->path, at, guid_format(&guid, text));
	if (!to)
		return take_other(entry, at, regions, err);
	if (to->length)
		return error_damaged(err,
				     "'%s': region entry at %" PRIu64 ": region %s stands twice",
				     file->path, at, guid_format(&guid, text));
	to->offset = get_le64(entry + VHDX_REGION_OFFSET_AT);
	to->length = get_le32(entry + VHDX_REGION_LENGTH_AT);
	return check_region(file, at, to, header, err);
}

/* Whose bytes an unknown region takes as well: the regions, the log and the start of the file share
 * none (MS-VHDX 2.2.3.2). NULL: nobody's. */
static const char *what_meets(const struct vhdx_header *header, const struct vhdx_regions *regions,
			      size_t index)
{
	const struct vhdx_region *region = &regions->others[index].region;
	const struct {
		const char *name;
		uint64_t offset, length;
	} areas[] = {{"the headers", 0, VHDX_ALIGNMENT},
		     {"the log", header->log_offset, header->log_length},
		     {"the BAT", regions->bat.offset, regions->bat.length},
		     {"the metadata", regions->metadata.offset, regions->metadata.length}};

	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		if (ranges_meet(region->offset, region->length, areas[i].offset, areas[i].length))
			return areas[i].name;
	for (size_t i = 0; i < index; i++) {
		const struct vhdx_region *other = &regions->others[i].region;

		if (other->offset < UINT64_MAX - other->length &&
		    ranges_meet(region->offset, region->length, other->offset, other->length))
			return "another unknown region";
	}
	return NULL;
}

static void note_other(const struct image_file *file, const struct vhdx_header *header,
		       const struct vhdx_regions *regions, size_t index, struct findings *findings)
{
	const struct vhdx_region *region = &regions->others[index].region;
	uint64_t at = regions->others[index].at;
	const char *meets;

	if (!range_within(region->offset, region->length, file->size)) {
		findings_add(findings, VHD_ERROR, at,
			     "'%s': region entry at %" PRIu64
			     ": an unknown region at offset %" PRIu64
			     " + %u, expected within the file of %" PRIu64 " bytes",
			     file->path, at, region->offset, region->length, file->size);
		return;
	}
	meets = what_meets(header, regions, index);
	if (meets)
		findings_add(findings, VHD_ERROR, at,
			     "'%s': region entry at %" PRIu64
			     ": an unknown region at offset %" PRIu64 " + %u overlaps %s",
			     file->path, at, region->offset, region->length, meets);
	else
		findings_add(findings, VHD_WARNING, at,
			     "'%s': region entry at %" PRIu64
			     ": an unknown region at offset %" PRIu64
			     " + %u; what it holds is not read",
			     file->path, at, region->offset, region->length);
}

/* That a region is not marked as required, as in every file of qemu's, is of interest to the
 * checker only. */
static void note_region(const struct image_file *file, const uint8_t *entry, uint64_t at,
			struct findings *findings)
{
	uint32_t flags = get_le32(entry + VHDX_REGION_FLAGS_AT);

	if (flags & ~VHDX_REGION_REQUIRED)
		findings_add(findings, VHD_ERROR, at,
			     "'%s': region entry at %" PRIu64 ": flags 0x%x, expected only bit 0",
			     file->path, at, flags);
	else if (!flags && findings->is_check)
		findings_add(findings, VHD_WARNING, at,
			     "'%s': region entry at %" PRIu64 " is not marked as required",
			     file->path, at);
}

static int parse_regions(const struct image_file *file, const uint8_t *table, uint64_t table_at,
			 const struct vhdx_header *header, struct findings *findings,
			 struct vhdx_regions *ret, struct error *err)
{
	uint32_t count = get_le32(table + VHDX_REGIONS_COUNT_AT);
	const struct vhdx_region *bat = &ret->bat, *metadata = &ret->metadata;
	int r = 0;

	if (count > VHDX_REGIONS_MAX)
		return error_damaged(err,
				     "'%s': region table at %" PRIu64
				     ": %u entries, expected up to %u",
				     file->path, table_at, count, VHDX_REGIONS_MAX);
	if (get_le32(table + VHDX_REGIONS_RESERVED_AT))
		findings_add(findings, VHD_ERROR, table_at,
			     "'%s': region table at %" PRIu64 ": the reserved field is not zero",
			     file->path, table_at);
	for (uint32_t i = 0; i < count && r == 0; i++) {
		uint32_t entry = VHDX_REGIONS_ENTRIES_AT + i * VHDX_REGION_SIZE;

		note_region(file, table + entry, table_at + entry, findings);
		r = take_region(file, table + entry, table_at + entry, header, ret, err);
	}
	if (r == 0 && (!bat->length || !metadata->length))
		return error_damaged(err, "'%s': region table at %" PRIu64 " names no %s region",
				     file->path, table_at, bat->length ? "metadata" : "BAT");
	if (r == 0 && ranges_meet(bat->offset, bat->length, metadata->offset, metadata->length))
		return error_damaged(err,
				     "'%s': region table at %" PRIu64 ": the BAT at %" PRIu64
				     " and the metadata at %" PRIu64 " overlap",
				     file->path, table_at, bat->offset, metadata->offset);
	for (size_t i = 0; r == 0 && i < ret->other_count; i++)
		note_other(file, header, ret, i, findings);
	return r;
}

/* The second table should be a copy of the first. */
static int note_second_table(const struct image_file *file, const uint8_t *first,
			     struct findings *findings, struct error *err)
{
	uint64_t at = VHDX_REGIONS_OFFSET(1);
	CLEANUP_FREE uint8_t *table = malloc(VHDX_REGIONS_SIZE);
	int r;

	if (!table)
		return error_failed(err, ENOMEM, "out of memory");
	r = image_file_read(file, table, VHDX_REGIONS_SIZE, at, err);
	if (r < 0)
		return r;
	if (!is_whole(table, VHDX_REGIONS_SIZE, VHDX_REGIONS_SIGNATURE))
		findings_add(findings, VHD_WARNING, at,
			     "'%s': region table at %" PRIu64
			     " is not whole (signature or CRC-32C)",
			     file->path, at);
	else if (memcmp(first, table, VHDX_REGIONS_SIZE) != 0)
		findings_add(findings, VHD_WARNING, at,
			     "'%s': region table at %" PRIu64 " differs from the one at %" PRIu64,
			     file->path, at, VHDX_REGIONS_OFFSET(0));
	return 0;
}

int vhdx_read_regions(const struct image_file *file, const struct vhdx_header *header,
		      struct findings *findings, struct vhdx_regions *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *table = malloc(VHDX_REGIONS_SIZE);
	int r;

	if (!table)
		return error_failed(err, ENOMEM, "out of memory");
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t at = VHDX_REGIONS_OFFSET(i);

		r = image_file_read(file, table, VHDX_REGIONS_SIZE, at, err);
		if (r < 0)
			return r;
		if (is_whole(table, VHDX_REGIONS_SIZE, VHDX_REGIONS_SIGNATURE)) {
			r = i == 0 ? note_second_table(file, table, findings, err) : 0;
			return r < 0 ? r
				     : parse_regions(file, table, at, header, findings, ret, err);
		}
		findings_add(findings, i ? VHD_ERROR : VHD_WARNING, at,
			     "'%s': region table at %" PRIu64
			     " is not whole (signature or CRC-32C)",
			     file->path, at);
	}
	return error_damaged(
		err,
		"'%s': no valid region table: signature or CRC-32C are wrong at offset %" PRIu64
		" and at %" PRIu64,
		file->path, VHDX_REGIONS_OFFSET(0), VHDX_REGIONS_OFFSET(1));
}

void vhdx_regions_done(struct vhdx_regions *regions)
{
	free(regions->others);
	regions->others = NULL;
	regions->other_count = 0;
}
