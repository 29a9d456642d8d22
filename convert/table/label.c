/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the first sectors say of the disk: see label.h. */
#include "convert/table/label.h"

#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/table/gpt_format.h"

#define ADVICE_IMAGE "give the disk on which Windows is installed"

/* No advice here may change a disk: a tool that clears one of two tables does not know which of
 * them the guest lives by, and an image file has its own bytes where a disk has its GPT. */
#define ADVICE_GPT "a disk with a GPT needs no conversion: attach it to a generation 2 VM as it is"
#define ADVICE_LOST_GPT                                                                            \
	"take the disk from a backup; without its GPT nobody can tell where its partitions lie"
#define ADVICE_HYBRID                                                                               \
	"copy Windows with imaging software in the guest to a new disk that has an MBR alone, let " \
	"the VM start from that one, and convert that one"

/* Does a BIOS parameter block with sane values stand where file systems have it? */
static bool has_bpb(const uint8_t *sector)
{
	uint16_t sector_size = get_le16(sector + 11);

	return (sector[0] == 0xeb || sector[0] == 0xe9) && is_power_of_two(sector_size) &&
	       sector_size >= 512 && sector_size <= 4096;
}

const char *boot_sector_of(const uint8_t *sector)
{
	static const struct {
		size_t offset;
		const char *text;
		const char *name;
		bool needs_bpb;
	} known[] = {
		{3, "NTFS    ", "NTFS", false},	     {3, "EXFAT   ", "exFAT", false},
		{3, "-FVE-FS-", "BitLocker", false}, {3, "ReFS\0\0\0\0", "ReFS", false},
		{54, "FAT12   ", "FAT", true},	     {54, "FAT16   ", "FAT", true},
		{82, "FAT32   ", "FAT", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (memcmp(sector + known[i].offset, known[i].text, 8) == 0 &&
		    (!known[i].needs_bpb || has_bpb(sector)))
			return known[i].name;
	return NULL;
}

static int add_header(struct disk *disk, uint64_t lba, struct stale_gpt *found, struct error *err)
{
	uint8_t bytes[8];
	int r = disk_read(disk, bytes, sizeof(bytes), lba * disk->sector_size, err);

	if (r == 0 && memcmp(bytes, GPT_SIGNATURE, sizeof(bytes)) == 0)
		found->lba[found->count++] = lba;
	return r;
}

static int find_gpt_headers(struct disk *disk, struct stale_gpt *found, struct error *err)
{
	uint64_t last = disk->size / disk->sector_size - 1;
	int r = add_header(disk, GPT_HEADER_LBA, found, err);

	return r < 0 || last == GPT_HEADER_LBA ? r : add_header(disk, last, found, err);
}

/* A type without sectors makes a disk GPT as well, for sfdisk and libblkid. */
static int check_protective(const struct disk *disk, const uint8_t *sector,
			    const struct stale_gpt *headers, struct error *err)
{
	unsigned int protective = 0, others = 0;

	for (unsigned int slot = 0; slot < MBR_ENTRIES; slot++) {
		const uint8_t *entry = sector + MBR_ENTRIES_OFFSET + slot * MBR_ENTRY_SIZE;
		uint8_t type = entry[MBR_ENTRY_TYPE];

		if (type == MBR_TYPE_PROTECTIVE)
			protective = slot + 1;
		else if (type != 0 && get_le32(entry + MBR_ENTRY_SECTORS) != 0)
			others++;
	}
	if (!protective)
		return 0;
	if (others)
		return error_refused(
			err, REFUSAL_ALREADY_GPT, ADVICE_HYBRID,
			"'%s': the disk has a hybrid MBR: entry %u is of type 0xee, "
			"which makes it a GPT disk, and %u beside it %s it an MBR disk; %s",
			disk->name, protective, others, others == 1 ? "makes" : "make",
			headers->count ? "which of the two tables is right cannot be told"
				       : "but neither sector 1 nor the last one holds a GPT");
	if (headers->count == 0)
		return error_refused(err, REFUSAL_ALREADY_GPT, ADVICE_LOST_GPT,
				     "'%s': the MBR holds a partition of type 0xee, which protects "
				     "a GPT, but neither sector 1 nor the last one holds a GPT",
				     disk->name);
	return error_refused(err, REFUSAL_ALREADY_GPT, ADVICE_GPT,
			     "'%s': the MBR holds a partition of type 0xee, which protects a GPT, "
			     "and sector %" PRIu64 " holds that GPT",
			     disk->name, headers->lba[0]);
}

int label_check(struct disk *disk, uint8_t sector[MBR_SIZE], struct stale_gpt *ret,
		struct error *err)
{
	const char *name;
	int r;

	*ret = (struct stale_gpt){.count = 0};
	if (disk->size < 2 * (uint64_t)disk->sector_size)
		return error_refused(err, REFUSAL_NO_PARTITION_TABLE, ADVICE_IMAGE,
				     "'%s': a disk of %" PRIu64
				     " bytes has no room for a partition table",
				     disk->name, disk->size);
	r = disk_read(disk, sector, MBR_SIZE, 0, err);
	if (r < 0)
		return r;
	r = find_gpt_headers(disk, ret, err);
	if (r < 0)
		return r;
	if (get_le16(sector + MBR_MAGIC_OFFSET) != MBR_MAGIC)
		return error_refused(
			err, REFUSAL_NO_PARTITION_TABLE, ADVICE_IMAGE,
			"'%s': sector 0 does not end in 55 AA: there is no partition table%s",
			disk->name,
			ret->count ? ", only the header of a GPT without its protective MBR" : "");
	name = boot_sector_of(sector);
	if (name)
		return error_refused(
			err, REFUSAL_NO_PARTITION_TABLE, ADVICE_IMAGE,
			"'%s': sector 0 is the boot sector of a file system (%s), not a "
			"partition table",
			disk->name, name);
	return check_protective(disk, sector, ret, err);
}
