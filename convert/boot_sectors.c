/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot sectors of the volumes that are kept: see boot_sectors.h. */
#include "convert/boot_sectors.h"

#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"

/* BIOS parameter block (fatgen103 section 3.1; the NTFS boot sector shares these fields). */
#define BPB_BYTES_PER_SECTOR 0x0b
#define BPB_HIDDEN_SECTORS   0x1c
#define BPB_NTFS_TOTAL	     0x28 /* NTFS: u64 sectors, without the backup boot sector behind them */
#define BPB_FAT32_BACKUP     0x32 /* FAT32: u16 sector of the backup boot sector */
#define BPB_FAT32_SIZE	     0x16 /* u16 sectors per FAT of FAT12/16; 0 on FAT32 */
#define BPB_FAT32_DIRTY	     0x41 /* FAT32: u8, bits that Windows sets in the first sector only */

/* The sector of a volume where its second boot sector stands; 0 when it has none. */
static uint64_t backup_sector(enum filesystem filesystem, const uint8_t *boot)
{
	if (filesystem == FILESYSTEM_NTFS)
		return get_le64(boot + BPB_NTFS_TOTAL);
	return get_le16(boot + BPB_FAT32_SIZE) == 0 ? get_le16(boot + BPB_FAT32_BACKUP) : 0;
}

/* The boot sectors of one volume. */
struct boot {
	const struct survey_partition *old;
	struct disk_window window;
	uint8_t first[512];
	uint8_t second[512];
	uint64_t second_at; /* bytes from the start of the volume */
	bool has_second;    /* a copy of the first, but for the fields that may differ */
};

/* Are the two the same, but for the fields that may differ? */
static bool is_copy(enum filesystem filesystem, const uint8_t *first, const uint8_t *second)
{
	uint8_t expected[512];

	memcpy(expected, first, sizeof(expected));
	put_le32(expected + BPB_HIDDEN_SECTORS, get_le32(second + BPB_HIDDEN_SECTORS));
	if (filesystem == FILESYSTEM_FAT)
		expected[BPB_FAT32_DIRTY] = second[BPB_FAT32_DIRTY];
	return memcmp(expected, second, sizeof(expected)) == 0;
}

static int read_boot(struct boot *boot, struct disk *target, const struct plan_partition *partition,
		     struct error *err)
{
	enum filesystem filesystem = boot->old->filesystem;
	uint64_t backup;
	int r = disk_window_init(&boot->window, target, partition->offset, partition->length, err);

	if (r == 0)
		r = disk_read(&boot->window.disk, boot->first, sizeof(boot->first), 0, err);
	if (r < 0)
		return r;
	backup = backup_sector(filesystem, boot->first);
	if (backup == 0 || !mul_u64(backup, sizeof(boot->second), &boot->second_at) ||
	    !range_within(boot->second_at, sizeof(boot->second), boot->window.disk.size))
		return 0;
	r = disk_read(&boot->window.disk, boot->second, sizeof(boot->second), boot->second_at, err);
	boot->has_second = r == 0 && is_copy(filesystem, boot->first, boot->second);
	return r;
}

/* The first sector has been read: what else is there to be said? Only of volumes that could be
 * mounted; the others have been warned about. */
static unsigned int note_oddities(const struct boot *boot, struct note_list *warnings)
{
	unsigned int size = get_le16(boot->first + BPB_BYTES_PER_SECTOR);
	const struct survey_partition *old = boot->old;

	if (old->filesystem != FILESYSTEM_NTFS)
		return 0;
	if (size != sizeof(boot->first)) {
		note_add(warnings,
			 "partition %u: the file system has sectors of %u bytes, the disk of 512; "
			 "it is carried over as it is",
			 old->mbr.number, size);
		return BOOT_SECTORS_SIZE;
	}
	if (boot->has_second)
		return 0;
	if (old->is_readable)
		note_add(warnings,
			 "partition %u: the backup boot sector of the volume is missing or "
			 "differs from the first; it was so before and stays as it is",
			 old->mbr.number);
	return BOOT_SECTORS_BACKUP;
}

static int set_hidden_sectors(struct boot *boot, uint8_t *sector, uint64_t at, uint32_t start,
			      struct error *err)
{
	put_le32(sector + BPB_HIDDEN_SECTORS, start);
	return disk_write(&boot->window.disk, sector, sizeof(boot->first), at, err);
}

/* The number of sectors in front of the volume, kept in its boot sectors, follows the partition. */
static int follow(struct boot *boot, uint32_t start, struct edits *edits, struct error *err)
{
	CLEANUP_NOTES struct note_list details = {.texts = NULL};
	uint32_t first = get_le32(boot->first + BPB_HIDDEN_SECTORS);
	uint32_t second = boot->has_second ? get_le32(boot->second + BPB_HIDDEN_SECTORS) : start;
	int r = 0;

	if (first != start) {
		note_add(&details, "hidden sectors of the boot sector: %" PRIu32 " -> %" PRIu32,
			 first, start);
		r = set_hidden_sectors(boot, boot->first, 0, start, err);
	}
	if (second != start) {
		if (second != first)
			note_add(&details,
				 "hidden sectors of the backup boot sector: %" PRIu32
				 " -> %" PRIu32,
				 second, start);
		if (r == 0)
			r = set_hidden_sectors(boot, boot->second, boot->second_at, start, err);
	}
	if (r < 0 || details.count == 0)
		return r;
	return edits_add(edits, boot->old->mbr.number, "$Boot", &details, err);
}

static int move_boot_sectors(const struct survey_partition *old,
			     const struct plan_partition *partition, struct disk *target,
			     struct edits *edits, unsigned int *ret_oddities, struct error *err)
{
	struct boot boot = {.old = old};
	int r;

	if (old->filesystem != FILESYSTEM_NTFS && old->filesystem != FILESYSTEM_FAT)
		return 0;
	r = read_boot(&boot, target, partition, err);
	if (r < 0)
		return r;
	*ret_oddities = note_oddities(&boot, &edits->warnings);
	if (get_le16(boot.first + BPB_BYTES_PER_SECTOR) != sizeof(boot.first))
		return 0;
	return follow(&boot, (uint32_t)(partition->offset / sizeof(boot.first)), edits, err);
}

int boot_sectors_move(const struct survey *survey, const struct plan *plan, struct disk *target,
		      struct edits *edits, struct boot_sectors *ret, struct error *err)
{
	int r = 0;

	*ret = (struct boot_sectors){.oddities = {0}};
	for (size_t i = 0; r == 0 && i < plan->gpt.count; i++)
		if (plan->partitions[i].source != SURVEY_NONE)
			r = move_boot_sectors(&survey->partitions[plan->partitions[i].source],
					      &plan->partitions[i], target, edits,
					      &ret->oddities[i], err);
	return r;
}
