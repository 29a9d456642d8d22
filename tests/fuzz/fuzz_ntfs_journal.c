/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The replay of NTFS journals. Input: the first pages of a log, FF behind them, on a small volume
 * made here. Pages with a mark are protected here, so that an input need not have it right. Whatever
 * the log says, it is replayed or refused, and nothing outside of the volume is touched.
 */
#include <stdlib.h>
#include <string.h>

#include "convert/ntfs/journal/internal.h"
#include "tests/fuzz/fuzz.h"

#define CLUSTER	  4096
#define CLUSTERS  256
#define RECORD	  1024
#define MFT_LCN	  4
#define LOG_LCN	  100
#define LOG_PAGES 36 /* the least that there can be */

struct memory_disk {
	struct disk disk;
	uint8_t bytes[CLUSTERS * CLUSTER];
};

static struct memory_disk memory;

static int read_memory(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	(void)disk;
	(void)err;
	memcpy(buffer, memory.bytes + offset, length);
	return 0;
}

static int write_memory(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
			struct error *err)
{
	(void)disk;
	(void)err;
	memcpy(memory.bytes + offset, buffer, length);
	return 0;
}

static const struct disk_ops memory_ops = {.read = read_memory, .write = write_memory};

static uint8_t *record_at(unsigned int number)
{
	return memory.bytes + MFT_LCN * CLUSTER + number * RECORD;
}

static void begin_record(unsigned int number, uint16_t flags)
{
	uint8_t *record = record_at(number);

	memcpy(record, "FILE", 4);
	put_le16(record + BLOCK_USA_OFFSET, 0x30);
	put_le16(record + BLOCK_USA_COUNT, 3);
	put_le16(record + FILE_SEQUENCE, number ? (uint16_t)number : 1);
	put_le16(record + FILE_LINKS, 1);
	put_le16(record + FILE_ATTRIBUTES, 0x38);
	put_le16(record + FILE_FLAGS, flags);
	put_le32(record + FILE_USED, 0x40);
	put_le32(record + FILE_ALLOCATED, RECORD);
	put_le32(record + 0x38, AT_END);
}

/* Room for an attribute at the end of a record. */
static uint8_t *add_attribute(unsigned int number, uint32_t type, uint32_t length)
{
	uint8_t *record = record_at(number), *attribute;
	uint32_t used = get_le32(record + FILE_USED);

	attribute = record + used - 8;
	memset(attribute, 0, length);
	put_le32(attribute + ATTR_TYPE, type);
	put_le32(attribute + ATTR_LENGTH, length);
	put_le32(attribute + length, AT_END);
	put_le32(record + FILE_USED, used + length);
	put_le16(record + FILE_NEXT_ID, 8);
	return attribute;
}

static void add_runs(unsigned int number, uint32_t type, uint8_t lcn, uint8_t count)
{
	uint8_t *attribute = add_attribute(number, type, 0x48);

	attribute[ATTR_NON_RESIDENT] = 1;
	put_le16(attribute + ATTR_PAIRS, 0x40);
	put_le64(attribute + ATTR_HIGHEST, count - 1U);
	put_le64(attribute + ATTR_ALLOCATED, (uint64_t)count * CLUSTER);
	put_le64(attribute + ATTR_DATA_SIZE, (uint64_t)count * CLUSTER);
	put_le64(attribute + ATTR_INITIALIZED, (uint64_t)count * CLUSTER);
	attribute[0x40] = 0x11;
	attribute[0x41] = count;
	attribute[0x42] = lcn;
}

/* A folder without entries. */
static void add_root(unsigned int number)
{
	static const uint8_t name[] = {'$', 0, 'I', 0, '3', 0, '0', 0};
	uint8_t *root = add_attribute(number, AT_ROOT, 0x50), *value = root + 0x20;

	root[ATTR_NAME_LENGTH] = 4;
	put_le16(root + ATTR_NAME_OFFSET, 0x18);
	memcpy(root + 0x18, name, sizeof(name));
	put_le16(root + ATTR_VALUE_OFFSET, 0x20);
	put_le32(root + ATTR_VALUE_LENGTH, 0x30);
	put_le32(value + ROOT_TYPE, AT_NAME);
	put_le32(value + ROOT_BLOCK_SIZE, CLUSTER);
	put_le32(value + ROOT_HEADER + INDEX_ENTRIES, INDEX_HEADER);
	put_le32(value + ROOT_HEADER + INDEX_USED, 0x20);
	put_le32(value + ROOT_HEADER + INDEX_ALLOCATED, 0x20);
	put_le16(value + 0x20 + ENTRY_LENGTH, ENTRY_KEY);
	put_le16(value + 0x20 + ENTRY_FLAGS, ENTRY_IS_LAST);
}

static void make_boot_sector(void)
{
	memcpy(memory.bytes + 3, "NTFS    ", 8);
	put_le16(memory.bytes + BOOT_BYTES_PER_SECTOR, 512);
	memory.bytes[BOOT_SECTORS_PER_CLUSTER] = CLUSTER / 512;
	put_le64(memory.bytes + BOOT_TOTAL_SECTORS, CLUSTERS * (CLUSTER / 512) - 1);
	put_le64(memory.bytes + BOOT_MFT_LCN, MFT_LCN);
	put_le64(memory.bytes + BOOT_MIRROR_LCN, 16);
	memory.bytes[BOOT_CLUSTERS_PER_RECORD] = 0xf6; /* 1024 bytes */
}

static void make_volume(void)
{
	memset(memory.bytes, 0, sizeof(memory.bytes));
	memory.disk = (struct disk){&memory_ops, "fuzz", sizeof(memory.bytes), 512};
	make_boot_sector();
	for (unsigned int i = 0; i < 32; i++)
		begin_record(i, i < 28 ? FILE_IN_USE : 0);
	add_runs(MFT_MFT, AT_DATA, MFT_LCN, 8);
	add_runs(MFT_MFT, AT_BITMAP, 12, 1);
	add_runs(MFT_MIRROR, AT_DATA, 16, 1);
	add_runs(MFT_LOG, AT_DATA, LOG_LCN, LOG_PAGES);
	add_root(5);
	add_runs(MFT_BITMAP, AT_DATA, 20, 1);
	add_runs(MFT_UPCASE, AT_DATA, 40, 32);
	add_runs(24, AT_DATA, 24, 2);
	for (unsigned int i = 0; i < 32; i++)
		journal_fixups_put(record_at(i), RECORD);
	memset(memory.bytes + 12 * CLUSTER, 0xff, 3);
	memory.bytes[12 * CLUSTER + 3] = 0x0f;
	memset(memory.bytes + 20 * CLUSTER, 0xff, CLUSTERS / 8);
	for (uint32_t i = 0; i < 65536; i++)
		put_le16(memory.bytes + 40 * CLUSTER + 2 * (size_t)i,
			 (uint16_t)(i >= 'a' && i <= 'z' ? i - 32 : i));
}

static void put_log(const uint8_t *data, size_t size)
{
	uint8_t *log = memory.bytes + LOG_LCN * CLUSTER;

	memset(log, 0xff, LOG_PAGES * LOG_PAGE);
	memcpy(log, data, min_u64(size, LOG_PAGES * LOG_PAGE));
	for (uint8_t *page = log; page < log + LOG_PAGES * LOG_PAGE; page += LOG_PAGE) {
		bool is_restart = memcmp(page, "RSTR", 4) == 0;

		if (!is_restart && memcmp(page, "RCRD", 4) != 0)
			continue;
		put_le16(page + BLOCK_USA_OFFSET, is_restart ? 0x1e : 0x28);
		put_le16(page + BLOCK_USA_COUNT, 9);
		journal_fixups_put(page, LOG_PAGE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal_info info;
	struct error err = ERROR_INIT;

	make_volume();
	put_log(data, size);
	if (journal_replay(&memory.disk, &info, &err) < 0)
		return err.refusal == REFUSAL_NTFS_DIRTY ? 0 : (abort(), 0);
	/* What was replayed is closed. */
	if (journal_look(&memory.disk, &info, &err) < 0 || info.state == JOURNAL_OPEN)
		abort();
	return 0;
}
