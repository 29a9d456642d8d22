/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small NTFS volume: see small_volume.h. */
#include "small_volume.h"

#include <string.h>

#define RECORDS	     32
#define UPCASE_BYTES 131072
#define ROOT_BLOCK   4096 /* bytes of an index block */

static const struct small_geometry geometries[SMALL_VOLUME_GEOMETRIES] = {
	{4096, 1024, 4, 12, 16, 20, 24, 40, 100, 256},
	{512, 1024, 32, 96, 104, 112, 128, 256, 768, 1280},
	{65536, 1024, 1, 2, 3, 4, 5, 7, 9, 16},
	{4096, 4096, 4, 36, 40, 44, 46, 50, 100, 160},
	{512, 4096, 32, 288, 296, 330, 336, 352, 768, 1280},
	{65536, 4096, 1, 3, 4, 5, 6, 8, 10, 16},
};

static uint8_t *cluster_at(struct small_volume *volume, uint16_t lcn)
{
	return volume->bytes + (size_t)lcn * volume->at.cluster;
}

uint8_t *small_volume_record(struct small_volume *volume, unsigned int number)
{
	return cluster_at(volume, volume->at.mft) + (size_t)number * volume->at.record;
}

uint8_t *small_volume_log(struct small_volume *volume)
{
	return cluster_at(volume, volume->at.log);
}

static void begin_record(struct small_volume *volume, unsigned int number, uint16_t flags)
{
	uint8_t *record = small_volume_record(volume, number);
	uint16_t count = (uint16_t)(volume->at.record / BLOCK_STRIDE + 1);
	uint16_t first = (uint16_t)((0x30 + 2 * count + 7) / 8 * 8);

	memcpy(record, "FILE", 4);
	put_le16(record + BLOCK_USA_OFFSET, 0x30);
	put_le16(record + BLOCK_USA_COUNT, count);
	put_le16(record + FILE_SEQUENCE, number ? (uint16_t)number : 1);
	put_le16(record + FILE_LINKS, 1);
	put_le16(record + FILE_ATTRIBUTES, first);
	put_le16(record + FILE_FLAGS, flags);
	put_le32(record + FILE_USED, first + 8U);
	put_le32(record + FILE_ALLOCATED, volume->at.record);
	put_le32(record + first, AT_END);
}

/* Room for an attribute at the end of a record. */
static uint8_t *add_attribute(uint8_t *record, uint32_t type, uint32_t length)
{
	uint32_t used = get_le32(record + FILE_USED);
	uint8_t *attribute = record + used - 8;

	memset(attribute, 0, length);
	put_le32(attribute + ATTR_TYPE, type);
	put_le32(attribute + ATTR_LENGTH, length);
	put_le32(attribute + length, AT_END);
	put_le32(record + FILE_USED, used + length);
	put_le16(record + FILE_NEXT_ID, 8);
	return attribute;
}

static void add_runs(struct small_volume *volume, unsigned int number, uint32_t type, uint16_t lcn,
		     uint32_t size)
{
	uint8_t *attribute = add_attribute(small_volume_record(volume, number), type, 0x48);
	uint16_t count = (uint16_t)div_round_up(size, volume->at.cluster);

	attribute[ATTR_NON_RESIDENT] = 1;
	put_le16(attribute + ATTR_PAIRS, 0x40);
	put_le64(attribute + ATTR_HIGHEST, count - 1U);
	put_le64(attribute + ATTR_ALLOCATED, (uint64_t)count * volume->at.cluster);
	put_le64(attribute + ATTR_DATA_SIZE, size);
	put_le64(attribute + ATTR_INITIALIZED, size);
	attribute[0x40] = 0x22;
	put_le16(attribute + 0x41, count);
	put_le16(attribute + 0x43, lcn);
}

/* An index without entries. 'type' is that of the attribute that is indexed; 0: none. */
static void add_root(struct small_volume *volume, unsigned int number, const char name[4],
		     uint32_t type)
{
	/* $SII has room for a node below its last entry. */
	uint8_t *root =
		add_attribute(small_volume_record(volume, number), AT_ROOT, type ? 0x50 : 0x58);
	uint8_t *value = root + 0x20;

	root[ATTR_NAME_LENGTH] = 4;
	put_le16(root + ATTR_NAME_OFFSET, 0x18);
	for (size_t i = 0; i < 4; i++)
		put_le16(root + 0x18 + 2 * i, (uint16_t)name[i]);
	put_le16(root + ATTR_VALUE_OFFSET, 0x20);
	put_le32(root + ATTR_VALUE_LENGTH, 0x30);
	put_le32(value + ROOT_TYPE, type);
	put_le32(value + ROOT_BLOCK_SIZE, ROOT_BLOCK);
	put_le32(value + ROOT_HEADER + INDEX_ENTRIES, INDEX_HEADER);
	put_le32(value + ROOT_HEADER + INDEX_USED, 0x20);
	put_le32(value + ROOT_HEADER + INDEX_ALLOCATED, 0x20);
	put_le16(value + 0x20 + ENTRY_LENGTH, ENTRY_KEY);
	put_le16(value + 0x20 + ENTRY_FLAGS, ENTRY_IS_LAST);
}

static void make_boot_sector(struct small_volume *volume)
{
	const struct small_geometry *at = &volume->at;
	uint8_t *boot = volume->bytes;

	memcpy(boot + 3, "NTFS    ", 8);
	put_le16(boot + BOOT_BYTES_PER_SECTOR, 512);
	boot[BOOT_SECTORS_PER_CLUSTER] = (uint8_t)(at->cluster / 512);
	put_le64(boot + BOOT_TOTAL_SECTORS, at->clusters * (at->cluster / 512));
	put_le64(boot + BOOT_MFT_LCN, at->mft);
	put_le64(boot + BOOT_MIRROR_LCN, at->mirror);
	boot[BOOT_CLUSTERS_PER_RECORD] = at->record == 1024 ? 0xf6 : 0xf4; /* -10, -12 */
}

static void fill_records(struct small_volume *volume)
{
	const struct small_geometry *at = &volume->at;

	for (unsigned int i = 0; i < RECORDS; i++)
		begin_record(volume, i, i < 28 ? FILE_IN_USE : 0);
	add_runs(volume, MFT_MFT, AT_DATA, at->mft, RECORDS * at->record);
	add_runs(volume, MFT_MFT, AT_BITMAP, at->mft_bits, 8);
	add_runs(volume, MFT_MIRROR, AT_DATA, at->mirror, 4 * at->record);
	add_runs(volume, MFT_LOG, AT_DATA, at->log, SMALL_VOLUME_LOG_PAGES * LOG_PAGE);
	add_root(volume, 5, "$I30", AT_NAME);
	add_runs(volume, MFT_BITMAP, AT_DATA, at->bitmap, at->clusters / 8);
	add_root(volume, 9, "$SII", 0);
	add_runs(volume, MFT_UPCASE, AT_DATA, at->upcase, UPCASE_BYTES);
	add_runs(volume, 24, AT_DATA, at->data, 8192);
	for (unsigned int i = 0; i < RECORDS; i++)
		journal_fixups_put(small_volume_record(volume, i), at->record);
}

/* Filled once: a fuzzer makes many volumes. */
static const uint8_t *upcase_table(void)
{
	static uint8_t table[UPCASE_BYTES];
	static bool is_filled;

	for (uint32_t i = 0; !is_filled && i < UPCASE_BYTES / 2; i++)
		put_le16(table + 2 * (size_t)i, (uint16_t)(i >= 'a' && i <= 'z' ? i - 32 : i));
	is_filled = true;
	return table;
}

void small_volume_make(struct small_volume *volume, unsigned int geometry)
{
	volume->at = geometries[geometry];
	memory_disk_init(&volume->memory, volume->bytes,
			 (uint64_t)volume->at.clusters * volume->at.cluster);
	memset(volume->bytes, 0, volume->memory.disk.size);
	make_boot_sector(volume);
	fill_records(volume);
	memset(cluster_at(volume, volume->at.mft_bits), 0xff, 3);
	cluster_at(volume, volume->at.mft_bits)[3] = 0x0f;
	memset(cluster_at(volume, volume->at.bitmap), 0xff, volume->at.clusters / 8);
	memcpy(cluster_at(volume, volume->at.upcase), upcase_table(), UPCASE_BYTES);
	memset(small_volume_log(volume), 0xff, SMALL_VOLUME_LOG_PAGES * LOG_PAGE);
}
