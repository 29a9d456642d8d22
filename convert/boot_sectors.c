/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot sectors of volumes whose partitions move: see boot_sectors.h. */
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

/* The sector of a volume where its second boot sector stands; 0 when it has none. */
static uint64_t backup_sector(enum filesystem filesystem, const uint8_t *boot)
{
	if (filesystem == FILESYSTEM_NTFS)
		return get_le64(boot + BPB_NTFS_TOTAL);
	return get_le16(boot + BPB_FAT32_SIZE) == 0 ? get_le16(boot + BPB_FAT32_BACKUP) : 0;
}

static int set_hidden_sectors(struct disk *volume, uint64_t sector, const uint8_t *expected,
			      uint32_t start, struct error *err)
{
	uint8_t boot[512];
	uint64_t offset;
	int r;

	if (!mul_u64(sector, sizeof(boot), &offset) ||
	    !range_within(offset, sizeof(boot), volume->size))
		return 0;
	r = disk_read(volume, boot, sizeof(boot), offset, err);
	/* A backup that differs is not ours to repair. */
	if (r < 0 || memcmp(boot, expected, sizeof(boot)) != 0)
		return r;
	put_le32(boot + BPB_HIDDEN_SECTORS, start);
	return disk_write(volume, boot, sizeof(boot), offset, err);
}

/* The number of sectors in front of the volume, kept in its boot sectors, follows the partition. */
static int move_boot_sectors(const struct survey_partition *old,
			     const struct plan_partition *partition, struct disk *target,
			     struct edits *edits, struct error *err)
{
	uint32_t start = (uint32_t)(partition->offset / 512);
	CLEANUP_NOTES struct note_list details = {.texts = NULL};
	struct disk_window volume;
	uint8_t boot[512];
	uint64_t backup;
	int r;

	if (old->filesystem != FILESYSTEM_NTFS && old->filesystem != FILESYSTEM_FAT)
		return 0;
	r = disk_window_init(&volume, target, partition->offset, partition->length, err);
	if (r == 0)
		r = disk_read(&volume.disk, boot, sizeof(boot), 0, err);
	if (r < 0 || get_le32(boot + BPB_HIDDEN_SECTORS) == start ||
	    get_le16(boot + BPB_BYTES_PER_SECTOR) != sizeof(boot))
		return r;
	backup = backup_sector(old->filesystem, boot);
	r = set_hidden_sectors(&volume.disk, 0, boot, start, err);
	if (r == 0 && backup)
		r = set_hidden_sectors(&volume.disk, backup, boot, start, err);
	if (r < 0)
		return r;
	note_add(&details, "hidden sectors of the boot sector: %" PRIu32 " -> %" PRIu32,
		 get_le32(boot + BPB_HIDDEN_SECTORS), start);
	return edits_add(edits, old->mbr.number, "$Boot", &details, err);
}

int boot_sectors_move(const struct survey *survey, const struct plan *plan, struct disk *target,
		      struct edits *edits, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && plan->shift && i < plan->gpt.count; i++)
		if (plan->partitions[i].source != SURVEY_NONE)
			r = move_boot_sectors(&survey->partitions[plan->partitions[i].source],
					      &plan->partitions[i], target, edits, err);
	return r;
}
