/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A VMGS version 1 made from nothing: an experiment. No writer but Hyper-V's is public; place and
 * size of the partition, and what the JSON text says beside the variables, are guesses that satisfy
 * every known reader.
 */
#include "nvram/vmgs1_new.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/buffer.h"
#include "nvram/vhd_footer.h"
#include "nvram/vmgs1_json.h"
#include "nvram/vmgs1_layout.h"

#define DISK_SIZE	(4 * MIB)
#define DISK_SECTORS	(DISK_SIZE / VMGS1_SECTOR)
#define GPT_ENTRIES	128U
#define GPT_ENTRY_SIZE	128U
#define GPT_TABLE_LBAS	32U
#define GPT_HEADER_SIZE 92U
#define FIRST_USABLE	34U
#define LAST_USABLE	(DISK_SECTORS - 34)
#define FIRST_LBA	128U
#define TEXT_SECTOR	8U
#define TEXT_SECTORS	2048U

/* UEFI 2.10 section 5.2.3 */
static void build_protective_mbr(uint8_t *sector)
{
	static const uint8_t entry[] = {0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0};

	memcpy(sector + 446, entry, sizeof(entry));
	put_le32(sector + 458, DISK_SECTORS - 1);
	put_le16(sector + 510, 0xaa55);
}

/* UEFI 2.10 section 5.3.2; 'table' holds the entries already. */
static void build_gpt_header(uint8_t *header, uint64_t lba, uint64_t other_lba, uint64_t table_lba,
			     const uint8_t *table, const struct guid *disk)
{
	memcpy(header, "EFI PART", 8);
	put_le32(header + 8, 0x00010000);
	put_le32(header + 12, GPT_HEADER_SIZE);
	put_le64(header + 24, lba);
	put_le64(header + 32, other_lba);
	put_le64(header + 40, FIRST_USABLE);
	put_le64(header + 48, LAST_USABLE);
	memcpy(header + 56, disk->bytes, sizeof(disk->bytes));
	put_le64(header + 72, table_lba);
	put_le32(header + 80, GPT_ENTRIES);
	put_le32(header + 84, GPT_ENTRY_SIZE);
	put_le32(header + 88, (uint32_t)crc32(0, table, GPT_ENTRIES * GPT_ENTRY_SIZE));
	put_le32(header + 16, (uint32_t)crc32(0, header, GPT_HEADER_SIZE));
}

static void build_gpt(uint8_t *disk, const struct guid *id)
{
	const struct guid type = VMGS1_PARTITION_TYPE;
	struct guid disk_guid = guid_from_name(id, "disk", 4);
	struct guid unique = guid_from_name(id, "partition", 9);
	uint8_t *table = disk + 2 * VMGS1_SECTOR;
	uint8_t *backup = disk + (DISK_SECTORS - 1 - GPT_TABLE_LBAS) * VMGS1_SECTOR;

	build_protective_mbr(disk);
	memcpy(table, type.bytes, sizeof(type.bytes));
	memcpy(table + 16, unique.bytes, sizeof(unique.bytes));
	put_le64(table + 32, FIRST_LBA);
	put_le64(table + 40, LAST_USABLE);
	memcpy(backup, table, GPT_ENTRY_SIZE);
	build_gpt_header(disk + VMGS1_SECTOR, 1, DISK_SECTORS - 1, 2, table, &disk_guid);
	build_gpt_header(disk + (DISK_SECTORS - 1) * VMGS1_SECTOR, DISK_SECTORS - 1, 1,
			 DISK_SECTORS - 1 - GPT_TABLE_LBAS, table, &disk_guid);
}

static void build_header(uint8_t *header, uint32_t sequence, size_t text_size)
{
	uint8_t *locator = header + VMGS1_LOCATORS;

	memcpy(header + VMGS1_SIGNATURE, "GUESTRTS", 8);
	put_le32(header + VMGS1_VERSION, VMGS1_VERSION_1);
	put_le32(header + VMGS1_SEQUENCE, sequence);
	put_le32(header + VMGS1_LENGTH, VMGS1_HEADER_SIZE);
	put_le32(header + VMGS1_LOCATOR_LENGTH, VMGS1_LOCATOR_ENTRY);
	put_le64(locator + VMGS1_LOCATOR_SECTOR, TEXT_SECTOR);
	put_le64(locator + VMGS1_LOCATOR_SECTORS, TEXT_SECTORS);
	put_le32(locator + VMGS1_LOCATOR_SIZE, (uint32_t)text_size);
	locator += VMGS1_LOCATOR_ENTRY;
	put_le64(locator + VMGS1_LOCATOR_SECTOR, TEXT_SECTOR + TEXT_SECTORS);
	put_le64(locator + VMGS1_LOCATOR_SECTORS, TEXT_SECTORS);
	put_le32(header + VMGS1_CHECKSUM, vmgs1_checksum(header));
}

/* The least text that is known to be read, and the variables put into it. */
static int build_text(const struct nvram *nvram, struct buffer *ret, struct error *err)
{
	static const char empty[] =
		"{\"Version\":{\"Major\":1,\"Minor\":0},\"Devices\":{\"" VMGS1_BIOS
		"\":{\"Version\":{\"Major\":1,\"Minor\":0},\"Type\":\"Microsoft Virtual BIOS\","
		"\"States\":{\"Nvram\":{\"LastUpdateTime\":\"\",\"Vendors\":{}}}}}}";
	CLEANUP_FREE char *text = NULL;
	int r = vmgs1_json_update(empty, strlen(empty), "VMGS", nvram, &text, err);

	if (r == 0)
		r = buffer_utf16(ret, text, err);
	if (r < 0)
		return r;
	if (ret->failed)
		return error_failed(err, ENOMEM, "VMGS: out of memory");
	if (ret->size > (size_t)TEXT_SECTORS * VMGS1_SECTOR)
		return error_failed(err, ENOSPC, "VMGS: the text needs %zu bytes", ret->size);
	return 0;
}

int vmgs1_encode(const struct nvram *nvram, const struct guid *vhd_id, uint8_t **ret,
		 size_t *ret_size, struct error *err)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	CLEANUP_FREE uint8_t *disk = NULL;
	uint8_t *partition;
	int r = build_text(nvram, &text, err);

	if (r < 0)
		return r;
	disk = calloc(1, DISK_SIZE + VHD_FOOTER_SIZE);
	if (!disk)
		return error_failed(err, ENOMEM, "VMGS: out of memory");
	partition = disk + (size_t)FIRST_LBA * VMGS1_SECTOR;
	build_gpt(disk, vhd_id);
	build_header(partition, 1, text.size);
	build_header(partition + VMGS1_SECTOR, 2, text.size);
	memcpy(partition + (size_t)TEXT_SECTOR * VMGS1_SECTOR, text.data, text.size);
	vhd_footer_build(DISK_SIZE, vhd_id, disk + DISK_SIZE);
	*ret = TAKE(disk);
	*ret_size = DISK_SIZE + VHD_FOOTER_SIZE;
	return 0;
}
