/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a GUID partition table. Both copies are read and checked by themselves, then compared: a
 * table of which only one copy is good can be used by nobody who wants to keep data.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"
#include "convert/table/gpt.h"
#include "convert/table/gpt_format.h"
#include "convert/table/mbr_format.h"

/* 64 times the usual array; nothing in use is larger. */
#define MAX_ARRAY_BYTES MIB

struct header {
	uint64_t my_lba;
	uint64_t other_lba;
	uint64_t first_usable;
	uint64_t last_usable;
	struct guid disk_guid;
	uint64_t array_lba;
	uint32_t entries;
	uint32_t entry_size;
	uint32_t array_crc;
};

static uint64_t sectors_of(const struct disk *disk)
{
	return disk->size / disk->sector_size;
}

/* The entry of type 0xee must cover 'wanted' sectors, and stand alone. */
static int check_protective(struct disk *disk, uint64_t wanted, struct error *err)
{
	bool is_protective = false, is_hybrid = false;
	uint8_t sector[MBR_SIZE];
	int r = disk_read(disk, sector, sizeof(sector), 0, err);

	if (r < 0)
		return r;
	if (get_le16(sector + MBR_MAGIC_OFFSET) != MBR_MAGIC)
		return error_damaged(err, "'%s': LBA 0 does not end in 55 AA", disk->name);
	for (size_t i = 0; i < MBR_ENTRIES; i++) {
		const uint8_t *entry = sector + MBR_ENTRIES_OFFSET + i * MBR_ENTRY_SIZE;
		uint32_t start = get_le32(entry + MBR_ENTRY_START);
		uint32_t sectors = get_le32(entry + MBR_ENTRY_SECTORS);

		if (entry[MBR_ENTRY_TYPE] != MBR_TYPE_PROTECTIVE) {
			is_hybrid |= entry[MBR_ENTRY_TYPE] != 0 && sectors != 0;
			continue;
		}
		if (start != GPT_MBR_START || sectors < wanted)
			return error_damaged(err,
					     "'%s': the protective MBR in LBA 0 covers %" PRIu32
					     " sectors from LBA %" PRIu32 " instead of %" PRIu64
					     " from LBA 1",
					     disk->name, sectors, start, wanted);
		is_protective = true;
	}
	if (is_protective && !is_hybrid)
		return 0;
	return error_damaged(err, "'%s': the MBR in LBA 0 holds %s of type 0xee", disk->name,
			     is_protective ? "other partitions beside that" : "no partition");
}

/* Signature, size and CRC: is this a header at all? */
static int check_header_bytes(const struct disk *disk, uint64_t lba, uint8_t *sector,
			      struct error *err)
{
	uint32_t size = get_le32(sector + GPT_HEADER_HEADER_SIZE);
	uint32_t crc = get_le32(sector + GPT_HEADER_CRC);

	if (memcmp(sector + GPT_HEADER_SIGNATURE, GPT_SIGNATURE, strlen(GPT_SIGNATURE)) != 0)
		return error_damaged(err, "'%s': LBA %" PRIu64 " holds no GPT header", disk->name,
				     lba);
	if (get_le32(sector + GPT_HEADER_REVISION) != GPT_REVISION)
		return error_damaged(err,
				     "'%s': the GPT header in LBA %" PRIu64
				     " is of revision 0x%" PRIx32,
				     disk->name, lba, get_le32(sector + GPT_HEADER_REVISION));
	if (size < GPT_HEADER_SIZE || size > disk->sector_size)
		return error_damaged(err,
				     "'%s': the GPT header in LBA %" PRIu64
				     " claims a size of %" PRIu32 " bytes",
				     disk->name, lba, size);
	put_le32(sector + GPT_HEADER_CRC, 0);
	if (crc32(0, sector, size) != crc)
		return error_damaged(err, "'%s': the GPT header in LBA %" PRIu64 " has a wrong CRC",
				     disk->name, lba);
	return 0;
}

static struct header header_get(const uint8_t *sector)
{
	struct header header = {
		.my_lba = get_le64(sector + GPT_HEADER_MY_LBA),
		.other_lba = get_le64(sector + GPT_HEADER_OTHER_LBA),
		.first_usable = get_le64(sector + GPT_HEADER_FIRST_USABLE),
		.last_usable = get_le64(sector + GPT_HEADER_LAST_USABLE),
		.array_lba = get_le64(sector + GPT_HEADER_ARRAY_LBA),
		.entries = get_le32(sector + GPT_HEADER_ENTRIES),
		.entry_size = get_le32(sector + GPT_HEADER_ENTRY_SIZE),
		.array_crc = get_le32(sector + GPT_HEADER_ARRAY_CRC),
	};

	memcpy(header.disk_guid.bytes, sector + GPT_HEADER_DISK_GUID,
	       sizeof(header.disk_guid.bytes));
	return header;
}

/* The array must lie between its header and the usable sectors, on the side of the disk where the
 * header is. */
static bool array_fits(const struct header *header, const struct disk *disk)
{
	uint64_t bytes = (uint64_t)header->entries * header->entry_size;
	uint64_t sectors = div_round_up(bytes, disk->sector_size);

	if (header->entry_size < GPT_ENTRY_SIZE || !is_power_of_two(header->entry_size) ||
	    bytes == 0 || bytes > MAX_ARRAY_BYTES)
		return false;
	if (header->my_lba == GPT_HEADER_LBA)
		return header->array_lba > GPT_HEADER_LBA &&
		       range_within(header->array_lba, sectors, header->first_usable);
	return header->array_lba > header->last_usable &&
	       range_within(header->array_lba, sectors, header->my_lba);
}

/* The copy of a header may be anywhere. */
#define ANYWHERE 0

static int check_header(const struct header *header, const struct disk *disk, uint64_t lba,
			uint64_t other_lba, struct error *err)
{
	if (header->my_lba != lba || (other_lba != ANYWHERE && header->other_lba != other_lba))
		return error_damaged(err,
				     "'%s': the GPT header in LBA %" PRIu64
				     " says it is in LBA %" PRIu64 " and its copy in LBA %" PRIu64
				     ", which should be %" PRIu64,
				     disk->name, lba, header->my_lba, header->other_lba, other_lba);
	if (header->first_usable > header->last_usable || header->last_usable >= sectors_of(disk))
		return error_damaged(err,
				     "'%s': the GPT header in LBA %" PRIu64 " calls LBA %" PRIu64
				     " to %" PRIu64 " usable",
				     disk->name, lba, header->first_usable, header->last_usable);
	if (!array_fits(header, disk))
		return error_damaged(err,
				     "'%s': the GPT header in LBA %" PRIu64
				     " has an array of %" PRIu32 " entries of %" PRIu32
				     " bytes in LBA %" PRIu64 ", which cannot be",
				     disk->name, lba, header->entries, header->entry_size,
				     header->array_lba);
	return 0;
}

static int read_header(struct disk *disk, uint64_t lba, uint64_t other_lba, struct header *ret,
		       struct error *err)
{
	CLEANUP_FREE uint8_t *sector = malloc(disk->sector_size);
	int r;

	if (!sector)
		return error_failed(err, ENOMEM, "'%s': out of memory", disk->name);
	r = disk_read(disk, sector, disk->sector_size, lba * disk->sector_size, err);
	if (r == 0)
		r = check_header_bytes(disk, lba, sector, err);
	if (r < 0)
		return r;
	*ret = header_get(sector);
	return check_header(ret, disk, lba, other_lba, err);
}

static int read_array(struct disk *disk, const struct header *header, uint8_t **ret,
		      struct error *err)
{
	size_t size = (size_t)header->entries * header->entry_size;
	CLEANUP_FREE uint8_t *array = malloc(size);
	int r;

	if (!array)
		return error_failed(err, ENOMEM, "'%s': out of memory", disk->name);
	r = disk_read(disk, array, size, header->array_lba * disk->sector_size, err);
	if (r < 0)
		return r;
	if (crc32(0, array, (uInt)size) != header->array_crc)
		return error_damaged(err, "'%s': the GPT array in LBA %" PRIu64 " has a wrong CRC",
				     disk->name, header->array_lba);
	*ret = TAKE(array);
	return 0;
}

static bool headers_agree(const struct header *a, const struct header *b)
{
	return a->first_usable == b->first_usable && a->last_usable == b->last_usable &&
	       guid_equal(&a->disk_guid, &b->disk_guid) && a->entries == b->entries &&
	       a->entry_size == b->entry_size;
}

static int name_get(const uint8_t *entry, char *ret, size_t size, struct error *err)
{
	CLEANUP_FREE char *name = utf16le_to_utf8(entry + GPT_ENTRY_NAME, GPT_ENTRY_NAME_SIZE);

	if (!name)
		return error_failed(err, ENOMEM, "out of memory");
	snprintf(ret, size, "%s", name);
	return 0;
}

static int read_entry(const struct disk *disk, const struct header *header, const uint8_t *entry,
		      uint32_t number, struct gpt *gpt, struct error *err)
{
	struct gpt_partition *partition = &gpt->partitions[gpt->count];

	if (gpt->count == GPT_MAX_PARTITIONS)
		return error_damaged(err, "'%s': the GPT has more than %d partitions", disk->name,
				     GPT_MAX_PARTITIONS);
	memcpy(partition->type.bytes, entry + GPT_ENTRY_TYPE, sizeof(partition->type.bytes));
	memcpy(partition->unique.bytes, entry + GPT_ENTRY_UNIQUE, sizeof(partition->unique.bytes));
	partition->first_lba = get_le64(entry + GPT_ENTRY_FIRST);
	partition->last_lba = get_le64(entry + GPT_ENTRY_LAST);
	partition->attributes = get_le64(entry + GPT_ENTRY_ATTRIBUTES);
	partition->number = number;
	if (partition->first_lba > partition->last_lba ||
	    partition->first_lba < header->first_usable ||
	    partition->last_lba > header->last_usable)
		return error_damaged(err,
				     "'%s': GPT entry %" PRIu32 " from LBA %" PRIu64 " to %" PRIu64
				     " is not within LBA %" PRIu64 " to %" PRIu64,
				     disk->name, number, partition->first_lba, partition->last_lba,
				     header->first_usable, header->last_usable);
	gpt->count++;
	return name_get(entry, partition->name, sizeof(partition->name), err);
}

static int check_overlaps(const struct disk *disk, const struct gpt *gpt, struct error *err)
{
	for (size_t i = 0; i < gpt->count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct gpt_partition *a = &gpt->partitions[j],
						   *b = &gpt->partitions[i];

			if (a->first_lba <= b->last_lba && b->first_lba <= a->last_lba)
				return error_damaged(err,
						     "'%s': two GPT partitions share LBA %" PRIu64,
						     disk->name,
						     max_u64(a->first_lba, b->first_lba));
		}
	return 0;
}

static int read_entries(const struct disk *disk, const struct header *header, const uint8_t *array,
			struct gpt *gpt, struct error *err)
{
	int r;

	for (uint32_t i = 0; i < header->entries; i++) {
		const uint8_t *entry = array + (size_t)i * header->entry_size;

		if (is_zero(entry + GPT_ENTRY_TYPE, sizeof(struct guid)))
			continue;
		r = read_entry(disk, header, entry, i + 1, gpt, err);
		if (r < 0)
			return r;
	}
	return check_overlaps(disk, gpt, err);
}

/* One copy of header and array. */
static int read_copy(struct disk *disk, uint64_t lba, uint64_t other_lba, struct header *ret,
		     uint8_t **ret_array, struct error *err)
{
	int r = read_header(disk, lba, other_lba, ret, err);

	return r < 0 ? r : read_array(disk, ret, ret_array, err);
}

/* The copy of what was read from LBA 1, in the LBA that it names. */
static int check_backup(struct disk *disk, const struct header *primary, const uint8_t *array,
			struct error *err)
{
	CLEANUP_FREE uint8_t *backup_array = NULL;
	struct header backup;
	int r;

	if (primary->other_lba <= primary->last_usable || primary->other_lba >= sectors_of(disk))
		return error_damaged(err,
				     "'%s': the copy of the GPT should stand in LBA %" PRIu64
				     " of %" PRIu64,
				     disk->name, primary->other_lba, sectors_of(disk));
	r = read_copy(disk, primary->other_lba, GPT_HEADER_LBA, &backup, &backup_array, err);
	if (r == 0 &&
	    (!headers_agree(primary, &backup) ||
	     memcmp(array, backup_array, (size_t)primary->entries * primary->entry_size) != 0))
		r = error_damaged(err,
				  "'%s': the two copies of the GPT, in LBA 1 and LBA %" PRIu64
				  ", do not agree",
				  disk->name, primary->other_lba);
	return r;
}

static int fill_gpt(const struct disk *disk, const struct header *header, const uint8_t *array,
		    struct gpt *ret, struct error *err)
{
	CLEANUP_FREE struct gpt *gpt = calloc(1, sizeof(*gpt));
	int r;

	if (!gpt)
		return error_failed(err, ENOMEM, "'%s': out of memory", disk->name);
	gpt->disk_guid = header->disk_guid;
	gpt->disk_sectors = sectors_of(disk);
	gpt->sector_size = disk->sector_size;
	r = read_entries(disk, header, array, gpt, err);
	if (r == 0)
		*ret = *gpt;
	return r;
}

static int check_room(const struct disk *disk, struct error *err)
{
	if (sectors_of(disk) < 3)
		return error_damaged(err, "'%s': a disk of %" PRIu64 " bytes has no room for a GPT",
				     disk->name, disk->size);
	return 0;
}

int gpt_read(struct disk *disk, struct gpt *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *array = NULL;
	uint64_t last = sectors_of(disk) - 1;
	struct header header;
	int r = check_room(disk, err);

	if (r == 0)
		r = check_protective(disk, min_u64(last, GPT_MBR_MAX_COUNT), err);
	if (r == 0)
		r = read_copy(disk, GPT_HEADER_LBA, last, &header, &array, err);
	if (r == 0)
		r = check_backup(disk, &header, array, err);
	return r < 0 ? r : fill_gpt(disk, &header, array, ret, err);
}

/* Lack of memory and I/O are no findings. */
static int note_backup(struct disk *disk, const struct header *header, const uint8_t *array,
		       struct note_list *findings, struct error *err)
{
	struct error problem = ERROR_INIT;
	int r = check_backup(disk, header, array, &problem);

	if (r < 0 && problem.kind != ERROR_DAMAGED) {
		*err = problem;
		return r;
	}
	if (r < 0)
		note_add(findings, "%s; the new disk has a sound copy", problem.message);
	else if (header->other_lba != sectors_of(disk) - 1)
		note_add(findings,
			 "'%s': the copy of the GPT stands in LBA %" PRIu64
			 " and not in the last one: the disk was made larger; that of the new disk "
			 "stands at its end",
			 disk->name, header->other_lba);
	return note_list_check(findings, err);
}

int gpt_read_primary(struct disk *disk, struct gpt *ret, struct note_list *findings,
		     struct error *err)
{
	struct error problem = ERROR_INIT;
	CLEANUP_FREE uint8_t *array = NULL;
	struct header header;
	int r = check_room(disk, err);

	if (r == 0)
		r = check_protective(disk, 1, err);
	if (r == 0)
		r = read_copy(disk, GPT_HEADER_LBA, ANYWHERE, &header, &array, err);
	if (r == 0)
		r = fill_gpt(disk, &header, array, ret, err);
	if (r == 0 && gpt_check(ret, &problem) < 0)
		r = error_damaged(err, "'%s': %s", disk->name, problem.message);
	return r < 0 ? r : note_backup(disk, &header, array, findings, err);
}
