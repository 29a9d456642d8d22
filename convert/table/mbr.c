/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the MBR partition table.
 *
 * Everything that claims sectors is put on one list of ranges: the table itself, primaries,
 * extended partitions, EBRs and logicals. An extended partition contains its EBRs and logicals and
 * nothing else; otherwise no two ranges may share a sector. What Windows and Linux would read
 * differently is called damaged rather than guessed.
 */
#include "convert/table/mbr.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"

#define STATUS_ACTIVE 0x80

/* One EBR for each partition would do; room for chains with empty links in between. */
#define MAX_EBRS   256
#define MAX_RANGES (1 + MBR_ENTRIES + MAX_EBRS + MBR_MAX_PARTITIONS)

#define ADVICE_IMAGE "give the disk on which Windows is installed"

enum range_kind { RANGE_TABLE, RANGE_PARTITION, RANGE_EXTENDED, RANGE_EBR };

struct range {
	enum range_kind kind;
	unsigned int number; /* of the partition */
	unsigned int inside; /* slot of the extended partition that contains it; 0 for none */
	uint64_t start;
	uint64_t sectors;
};

struct reader {
	struct disk *disk;
	uint64_t disk_sectors;
	struct mbr *mbr;
	struct error *err;
	unsigned int next_logical;
	struct range ranges[MAX_RANGES];
	size_t range_count;
	size_t ebr_count;
};

struct entry {
	uint8_t status;
	uint8_t type;
	uint64_t start;
	uint64_t sectors;
};

static bool is_extended(uint8_t type)
{
	return type == 0x05 || type == 0x0f || type == 0x85;
}

static struct entry entry_get(const uint8_t *table, unsigned int slot)
{
	const uint8_t *at = table + MBR_ENTRIES_OFFSET + slot * MBR_ENTRY_SIZE;

	return (struct entry){
		.status = at[MBR_ENTRY_STATUS],
		.type = at[MBR_ENTRY_TYPE],
		.start = get_le32(at + MBR_ENTRY_START),
		.sectors = get_le32(at + MBR_ENTRY_SECTORS),
	};
}

static bool entry_is_empty(const struct entry *entry)
{
	return entry->type == 0 || entry->sectors == 0;
}

static bool has_magic(const uint8_t *sector)
{
	return get_le16(sector + MBR_MAGIC_OFFSET) == MBR_MAGIC;
}

static int refuse_dynamic(const struct reader *reader)
{
	return error_refused(reader->err, REFUSAL_DYNAMIC_DISK, "turn it into a basic disk first",
			     "'%s': the disk is a dynamic disk", reader->disk->name);
}

static const char *range_text(const struct range *range, char buffer[96])
{
	static const char *const names[] = {
		[RANGE_TABLE] = "the partition table",
		[RANGE_PARTITION] = "partition",
		[RANGE_EXTENDED] = "extended partition",
		[RANGE_EBR] = "the extended boot record",
	};
	char number[16] = "";

	if (range->number)
		snprintf(number, sizeof(number), " %u", range->number);
	snprintf(buffer, 96, "%s%s (sectors %" PRIu64 " to %" PRIu64 ")", names[range->kind],
		 number, range->start, range->start + range->sectors - 1);
	return buffer;
}

static bool contains(const struct range *outer, const struct range *inner)
{
	return outer->kind == RANGE_EXTENDED && inner->inside == outer->number;
}

static int add_range(struct reader *reader, const struct range *range)
{
	char text[96], other[96];

	if (!range_within(range->start, range->sectors, reader->disk_sectors))
		return error_damaged(reader->err,
				     "'%s': %s is beyond the end of the disk, which has %" PRIu64
				     " sectors",
				     reader->disk->name, range_text(range, text),
				     reader->disk_sectors);
	for (size_t i = 0; i < reader->range_count; i++) {
		const struct range *old = &reader->ranges[i];

		if (contains(old, range) &&
		    range_within(range->start - old->start, range->sectors, old->sectors))
			continue;
		if (contains(old, range))
			return error_damaged(reader->err, "'%s': %s is not within %s",
					     reader->disk->name, range_text(range, text),
					     range_text(old, other));
		if (range->start < old->start + old->sectors &&
		    old->start < range->start + range->sectors)
			return error_damaged(reader->err, "'%s': %s overlaps %s",
					     reader->disk->name, range_text(range, text),
					     range_text(old, other));
	}
	reader->ranges[reader->range_count++] = *range;
	return 0;
}

static int add_partition(struct reader *reader, const struct entry *entry, unsigned int number,
			 unsigned int inside)
{
	struct mbr *mbr = reader->mbr;
	struct range range = {RANGE_PARTITION, number, inside, entry->start, entry->sectors};
	int r;

	if (entry->type == MBR_TYPE_LDM)
		return refuse_dynamic(reader);
	if (mbr->count == MBR_MAX_PARTITIONS)
		return error_refused(
			reader->err, REFUSAL_LAYOUT_IMPOSSIBLE, "remove or join partitions first",
			"'%s': more than %d partitions do not fit into a GPT with those that "
			"UEFI needs",
			reader->disk->name, MBR_MAX_PARTITIONS);
	r = add_range(reader, &range);
	if (r < 0)
		return r;
	mbr->partitions[mbr->count++] = (struct mbr_partition){
		.number = number,
		.type = entry->type,
		.active = entry->status & STATUS_ACTIVE,
		.logical = inside != 0,
		.start_lba = entry->start,
		.sectors = entry->sectors,
	};
	return 0;
}

/* Read the EBR at 'lba'. *ret_empty: the first one of an extended partition may be all zeros. */
static int read_ebr(struct reader *reader, uint64_t lba, bool first, uint8_t *sector,
		    bool *ret_empty)
{
	int r = disk_read(reader->disk, sector, MBR_SIZE, lba * reader->disk->sector_size,
			  reader->err);

	*ret_empty = first && r == 0 && is_zero(sector, MBR_SIZE);
	if (r < 0 || *ret_empty)
		return r;
	if (!has_magic(sector))
		return error_damaged(reader->err,
				     "'%s': the extended boot record at sector %" PRIu64
				     " does not end in 55 AA",
				     reader->disk->name, lba);
	if (boot_sector_of(sector))
		return error_damaged(reader->err,
				     "'%s': sector %" PRIu64
				     " holds the boot sector of a file system (%s) instead of an "
				     "extended boot record",
				     reader->disk->name, lba, boot_sector_of(sector));
	return 0;
}

/* Claim the sector of an EBR; a chain that comes back to one overlaps it. */
static int add_ebr(struct reader *reader, uint64_t lba, unsigned int inside)
{
	struct range range = {RANGE_EBR, 0, inside, lba, 1};

	for (size_t i = 0; i < reader->range_count; i++)
		if (reader->ranges[i].kind == RANGE_EBR && reader->ranges[i].start == lba)
			return error_damaged(
				reader->err,
				"'%s': the chain of extended boot records comes back to "
				"sector %" PRIu64,
				reader->disk->name, lba);
	if (reader->ebr_count++ == MAX_EBRS)
		return error_damaged(
			reader->err,
			"'%s': more than %d extended boot records, the last one at sector "
			"%" PRIu64,
			reader->disk->name, MAX_EBRS, lba);
	return add_range(reader, &range);
}

/* Take the logical partitions of one EBR and find the next EBR; *ret_next is 0 at the end of the
 * chain. */
static int read_ebr_entries(struct reader *reader, const uint8_t *sector, uint64_t lba,
			    const struct range *extended, uint64_t *ret_next)
{
	int r = 0;

	*ret_next = 0;
	for (unsigned int slot = 0; slot < MBR_ENTRIES && r == 0; slot++) {
		struct entry entry = entry_get(sector, slot);

		if (entry_is_empty(&entry))
			continue;
		if (!is_extended(entry.type)) {
			entry.start += lba;
			r = add_partition(reader, &entry, reader->next_logical++, extended->number);
			continue;
		}
		if (*ret_next)
			return error_damaged(reader->err,
					     "'%s': the extended boot record at sector %" PRIu64
					     " has two links",
					     reader->disk->name, lba);
		*ret_next = extended->start + entry.start;
	}
	return r;
}

static int read_extended(struct reader *reader, const struct range *extended)
{
	uint64_t lba = extended->start;
	uint8_t sector[MBR_SIZE];
	bool empty;
	int r;

	while (lba) {
		r = add_ebr(reader, lba, extended->number);
		if (r == 0)
			r = read_ebr(reader, lba, lba == extended->start, sector, &empty);
		if (r < 0 || empty)
			return r;
		r = read_ebr_entries(reader, sector, lba, extended, &lba);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Primaries and extended partitions first, so that what stands in the EBRs is measured against
 * them. */
static int read_primaries(struct reader *reader, const uint8_t *sector)
{
	int r = 0;

	for (unsigned int slot = 0; slot < MBR_ENTRIES && r == 0; slot++) {
		struct entry entry = entry_get(sector, slot);
		struct range range = {RANGE_EXTENDED, slot + 1, 0, entry.start, entry.sectors};

		if (entry.status & ~STATUS_ACTIVE)
			return error_damaged(
				reader->err,
				"'%s': entry %u of the partition table has status 0x%02x "
				"instead of 0x00 or 0x80",
				reader->disk->name, slot + 1, entry.status);
		if (entry_is_empty(&entry))
			continue;
		r = is_extended(entry.type) ? add_range(reader, &range)
					    : add_partition(reader, &entry, slot + 1, 0);
	}
	return r;
}

static int read_logicals(struct reader *reader)
{
	size_t top = reader->range_count;
	int r = 0;

	for (size_t i = 0; i < top && r == 0; i++)
		if (reader->ranges[i].kind == RANGE_EXTENDED)
			r = read_extended(reader, &reader->ranges[i]);
	return r;
}

static int compare_start(const void *a, const void *b)
{
	const struct mbr_partition *left = a, *right = b;

	return (left->start_lba > right->start_lba) - (left->start_lba < right->start_lba);
}

static int read_table(struct reader *reader, const uint8_t *sector)
{
	struct range table = {RANGE_TABLE, 0, 0, 0, 1};
	int r = add_range(reader, &table);

	reader->mbr->signature = get_le32(sector + MBR_SIGNATURE_OFFSET);
	if (r == 0)
		r = read_primaries(reader, sector);
	if (r == 0)
		r = read_logicals(reader);
	if (r < 0)
		return r;
	if (reader->mbr->count == 0)
		return error_refused(reader->err, REFUSAL_NO_PARTITION_TABLE, ADVICE_IMAGE,
				     "'%s': the partition table is empty", reader->disk->name);
	qsort(reader->mbr->partitions, reader->mbr->count, sizeof(reader->mbr->partitions[0]),
	      compare_start);
	return 0;
}

int mbr_read(struct disk *disk, struct mbr *ret, struct error *err)
{
	uint8_t sector[MBR_SIZE];
	struct mbr mbr = {.count = 0};
	struct reader reader = {
		.disk = disk,
		.disk_sectors = disk->size / disk->sector_size,
		.mbr = &mbr,
		.err = err,
		.next_logical = MBR_ENTRIES + 1,
	};
	int r = label_check(disk, sector, &mbr.stale_gpt, err);

	if (r == 0)
		r = read_table(&reader, sector);
	if (r == 0)
		*ret = mbr;
	return r;
}

void mbr_warn(const struct mbr *mbr, struct note_list *warnings)
{
	for (size_t i = 0; i < mbr->stale_gpt.count; i++)
		note_add(warnings,
			 "sector %" PRIu64
			 " holds the header of a GPT, but the MBR has no entry of "
			 "type 0xee that would make it count: it is left over from earlier use of "
			 "the disk, and the MBR is used",
			 mbr->stale_gpt.lba[i]);
}

const char *mbr_type_text(uint8_t type, char buffer[16])
{
	static const struct {
		uint8_t type;
		const char *text;
	} known[] = {
		{0x01, "FAT12"},      {0x04, "FAT16"},	      {0x06, "FAT16"},
		{0x07, "NTFS/exFAT"}, {0x0b, "FAT32"},	      {0x0c, "FAT32"},
		{0x0e, "FAT16"},      {0x12, "OEM"},	      {0x17, "hidden NTFS"},
		{0x27, "Windows RE"}, {0x42, "dynamic disk"}, {0x82, "Linux swap"},
		{0x83, "Linux"},      {0x8e, "Linux LVM"},    {0xee, "GPT"},
		{0xef, "EFI system"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].type == type)
			return known[i].text;
	snprintf(buffer, 16, "type 0x%02x", type);
	return buffer;
}
