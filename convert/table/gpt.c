/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checking and writing a GUID partition table, in the layout every tool uses: 128 entries of 128
 * bytes.
 *
 *   LBA 0        protective MBR
 *   LBA 1        header
 *   LBA 2 ..     array, 16 KiB
 *   ...          usable sectors
 *   last 16 KiB before the last LBA: array of the backup
 *   last LBA     header of the backup
 */
#include "convert/table/gpt.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"
#include "convert/table/gpt_format.h"
#include "convert/table/mbr_format.h"

#define ARRAY_BYTES (GPT_MAX_PARTITIONS * GPT_ENTRY_SIZE)

static uint64_t array_sectors(uint32_t sector_size)
{
	return ARRAY_BYTES / sector_size;
}

uint64_t gpt_first_usable(uint32_t sector_size)
{
	return GPT_HEADER_LBA + 1 + array_sectors(sector_size);
}

uint64_t gpt_last_usable(uint64_t disk_sectors, uint32_t sector_size)
{
	uint64_t reserved = 1 + array_sectors(sector_size) + 1;

	return disk_sectors > reserved ? disk_sectors - reserved : 0;
}

static int check_disk(const struct gpt *gpt, struct error *err)
{
	if (gpt->sector_size != 512 && gpt->sector_size != 4096)
		return error_failed(err, EINVAL, "GPT: %" PRIu32 "-byte sectors", gpt->sector_size);
	if (gpt_last_usable(gpt->disk_sectors, gpt->sector_size) <
	    gpt_first_usable(gpt->sector_size))
		return error_failed(err, EINVAL, "GPT: a disk of %" PRIu64 " sectors is too small",
				    gpt->disk_sectors);
	if (gpt->count > GPT_MAX_PARTITIONS)
		return error_failed(err, EINVAL, "GPT: %zu partitions instead of at most %d",
				    gpt->count, GPT_MAX_PARTITIONS);
	if (guid_is_zero(&gpt->disk_guid))
		return error_failed(err, EINVAL, "GPT: the disk has no GUID");
	return 0;
}

/* Convert the name to the bytes of an entry. Returns false when it is no UTF-8 or too long. */
static bool name_put(const char *name, uint8_t ret[GPT_ENTRY_NAME_SIZE])
{
	size_t size = 0;
	CLEANUP_FREE uint8_t *utf16 = utf8_to_utf16le(name, &size);

	if (!utf16 || size - 2 > GPT_ENTRY_NAME_SIZE)
		return false;
	memset(ret, 0, GPT_ENTRY_NAME_SIZE);
	memcpy(ret, utf16, size - 2);
	return true;
}

static int check_partition(const struct gpt *gpt, size_t index, struct error *err)
{
	const struct gpt_partition *partition = &gpt->partitions[index];
	uint64_t first = gpt_first_usable(gpt->sector_size);
	uint64_t last = gpt_last_usable(gpt->disk_sectors, gpt->sector_size);
	uint8_t name[GPT_ENTRY_NAME_SIZE];

	if (partition->number == 0 || partition->number > GPT_MAX_PARTITIONS)
		return error_failed(err, EINVAL, "GPT: a partition has the number %" PRIu32,
				    partition->number);
	if (partition->first_lba > partition->last_lba || partition->first_lba < first ||
	    partition->last_lba > last)
		return error_failed(err, EINVAL,
				    "GPT: partition %" PRIu32 " from sector %" PRIu64 " to %" PRIu64
				    " is not within sectors %" PRIu64 " to %" PRIu64,
				    partition->number, partition->first_lba, partition->last_lba,
				    first, last);
	if (guid_is_zero(&partition->type) || guid_is_zero(&partition->unique) ||
	    guid_equal(&partition->unique, &gpt->disk_guid))
		return error_failed(err, EINVAL,
				    "GPT: partition %" PRIu32 " has no GUID of its own",
				    partition->number);
	if (!name_put(partition->name, name))
		return error_failed(err, EINVAL,
				    "GPT: the name of partition %" PRIu32 " does not fit",
				    partition->number);
	return 0;
}

static int check_pair(const struct gpt_partition *a, const struct gpt_partition *b,
		      struct error *err)
{
	if (a->first_lba <= b->last_lba && b->first_lba <= a->last_lba)
		return error_failed(err, EINVAL,
				    "GPT: partitions %" PRIu32 " and %" PRIu32
				    " overlap at sector %" PRIu64,
				    a->number, b->number, max_u64(a->first_lba, b->first_lba));
	if (guid_equal(&a->unique, &b->unique))
		return error_failed(err, EINVAL,
				    "GPT: partitions %" PRIu32 " and %" PRIu32
				    " have the same GUID",
				    a->number, b->number);
	if (a->number == b->number)
		return error_failed(err, EINVAL, "GPT: two partitions have the number %" PRIu32,
				    a->number);
	return 0;
}

int gpt_check(const struct gpt *gpt, struct error *err)
{
	int r = check_disk(gpt, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < gpt->count; i++) {
		r = check_partition(gpt, i, err);
		for (size_t j = 0; j < i && r == 0; j++)
			r = check_pair(&gpt->partitions[j], &gpt->partitions[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void array_fill(const struct gpt *gpt, uint8_t array[ARRAY_BYTES])
{
	memset(array, 0, ARRAY_BYTES);
	for (size_t i = 0; i < gpt->count; i++) {
		const struct gpt_partition *partition = &gpt->partitions[i];
		uint8_t *entry = array + (size_t)(partition->number - 1) * GPT_ENTRY_SIZE;

		memcpy(entry + GPT_ENTRY_TYPE, partition->type.bytes,
		       sizeof(partition->type.bytes));
		memcpy(entry + GPT_ENTRY_UNIQUE, partition->unique.bytes,
		       sizeof(partition->unique.bytes));
		put_le64(entry + GPT_ENTRY_FIRST, partition->first_lba);
		put_le64(entry + GPT_ENTRY_LAST, partition->last_lba);
		put_le64(entry + GPT_ENTRY_ATTRIBUTES, partition->attributes);
		name_put(partition->name, entry + GPT_ENTRY_NAME);
	}
}

static uint32_t crc_of(const uint8_t *bytes, size_t length)
{
	return (uint32_t)crc32(0, bytes, (uInt)length);
}

/* One of the two headers: 'mine' is its LBA, 'other' that of its twin, the array begins at
 * 'array_lba'. */
static void header_fill(const struct gpt *gpt, uint64_t mine, uint64_t other, uint64_t array_lba,
			uint32_t array_crc, uint8_t *header)
{
	memset(header, 0, gpt->sector_size);
	memcpy(header + GPT_HEADER_SIGNATURE, GPT_SIGNATURE, strlen(GPT_SIGNATURE));
	put_le32(header + GPT_HEADER_REVISION, GPT_REVISION);
	put_le32(header + GPT_HEADER_HEADER_SIZE, GPT_HEADER_SIZE);
	put_le64(header + GPT_HEADER_MY_LBA, mine);
	put_le64(header + GPT_HEADER_OTHER_LBA, other);
	put_le64(header + GPT_HEADER_FIRST_USABLE, gpt_first_usable(gpt->sector_size));
	put_le64(header + GPT_HEADER_LAST_USABLE,
		 gpt_last_usable(gpt->disk_sectors, gpt->sector_size));
	memcpy(header + GPT_HEADER_DISK_GUID, gpt->disk_guid.bytes, sizeof(gpt->disk_guid.bytes));
	put_le64(header + GPT_HEADER_ARRAY_LBA, array_lba);
	put_le32(header + GPT_HEADER_ENTRIES, GPT_MAX_PARTITIONS);
	put_le32(header + GPT_HEADER_ENTRY_SIZE, GPT_ENTRY_SIZE);
	put_le32(header + GPT_HEADER_ARRAY_CRC, array_crc);
	put_le32(header + GPT_HEADER_CRC, crc_of(header, GPT_HEADER_SIZE));
}

/* UEFI 2.10 table 5.4. */
static void protective_fill(const struct gpt *gpt, uint8_t *sector)
{
	static const uint8_t chs_first[3] = {0x00, 0x02, 0x00};
	static const uint8_t chs_last[3] = {0xff, 0xff, 0xff};
	uint8_t *entry = sector + MBR_ENTRIES_OFFSET;
	uint64_t sectors = min_u64(gpt->disk_sectors - GPT_MBR_START, GPT_MBR_MAX_COUNT);

	memset(entry, 0, gpt->sector_size - MBR_ENTRIES_OFFSET);
	memcpy(entry + MBR_ENTRY_CHS_FIRST, chs_first, sizeof(chs_first));
	entry[MBR_ENTRY_TYPE] = MBR_TYPE_PROTECTIVE;
	memcpy(entry + MBR_ENTRY_CHS_LAST, chs_last, sizeof(chs_last));
	put_le32(entry + MBR_ENTRY_START, GPT_MBR_START);
	put_le32(entry + MBR_ENTRY_SECTORS, (uint32_t)sectors);
	put_le16(sector + MBR_MAGIC_OFFSET, MBR_MAGIC);
}

/* Protective MBR, header and array are neighbours: one write. */
static int write_front(const struct gpt *gpt, struct disk *disk, const uint8_t *array,
		       uint8_t *area, struct error *err)
{
	size_t sector = gpt->sector_size;
	uint8_t *at = area;
	int r = disk_read(disk, at, sector, 0, err);

	if (r < 0)
		return r;
	protective_fill(gpt, at);
	at += sector;
	header_fill(gpt, GPT_HEADER_LBA, gpt->disk_sectors - 1, GPT_HEADER_LBA + 1,
		    crc_of(array, ARRAY_BYTES), at);
	at += sector;
	memcpy(at, array, ARRAY_BYTES);
	return disk_write(disk, area, 2 * sector + ARRAY_BYTES, 0, err);
}

static int write_back(const struct gpt *gpt, struct disk *disk, const uint8_t *array, uint8_t *area,
		      struct error *err)
{
	uint64_t array_lba = gpt_last_usable(gpt->disk_sectors, gpt->sector_size) + 1;

	memcpy(area, array, ARRAY_BYTES);
	header_fill(gpt, gpt->disk_sectors - 1, GPT_HEADER_LBA, array_lba,
		    crc_of(array, ARRAY_BYTES), area + ARRAY_BYTES);
	return disk_write(disk, area, ARRAY_BYTES + gpt->sector_size, array_lba * gpt->sector_size,
			  err);
}

int gpt_write(const struct gpt *gpt, struct disk *disk, struct error *err)
{
	CLEANUP_FREE uint8_t *array = NULL, *area = NULL;
	int r = gpt_check(gpt, err);

	if (r < 0)
		return r;
	if (disk->sector_size != gpt->sector_size ||
	    disk->size / gpt->sector_size != gpt->disk_sectors)
		return error_failed(err, EINVAL,
				    "'%s': a GPT for %" PRIu64 " sectors of %" PRIu32
				    " bytes does not belong on a disk of %" PRIu64 " bytes",
				    disk->name, gpt->disk_sectors, gpt->sector_size, disk->size);
	array = malloc(ARRAY_BYTES);
	area = malloc(ARRAY_BYTES + 2 * (size_t)gpt->sector_size);
	if (!array || !area)
		return error_failed(err, ENOMEM, "'%s': out of memory", disk->name);
	array_fill(gpt, array);
	r = write_front(gpt, disk, array, area, err);
	return r < 0 ? r : write_back(gpt, disk, array, area, err);
}

const char *gpt_type_text(const struct guid *type, char buffer[GUID_TEXT_SIZE])
{
	const struct {
		struct guid type;
		const char *text;
	} known[] = {
		{GPT_TYPE_ESP, "EFI system partition"}, {GPT_TYPE_MSR, "Microsoft reserved"},
		{GPT_TYPE_BASIC_DATA, "basic data"},	{GPT_TYPE_RECOVERY, "Windows recovery"},
		{GPT_TYPE_BIOS_BOOT, "BIOS boot"},	{GPT_TYPE_LINUX, "Linux file system"},
		{GPT_TYPE_LINUX_SWAP, "Linux swap"},	{GPT_TYPE_LINUX_LVM, "Linux LVM"},
		{GPT_TYPE_LINUX_RAID, "Linux RAID"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (guid_equal(&known[i].type, type))
			return known[i].text;
	return guid_format(type, buffer);
}
