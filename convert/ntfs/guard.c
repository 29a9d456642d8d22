/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sizes that libntfs-3g takes from the disk and allocates without a limit, checked before it sees
 * them. All of them can be made to fit a sparse stream, so that a small image would cost gigabytes:
 * the record size of the boot sector, the block size of a folder's index, the page size of the
 * journal.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/ntfs/internal.h"

/*
 * Boot sector: "clusters per record", or, when negative, minus the base-2 logarithm of its bytes.
 */
#define BOOT_SIZE		 512
#define BOOT_SECTOR_SIZE	 11
#define BOOT_SECTORS_PER_CLUSTER 13
#define BOOT_TOTAL_SECTORS	 40 /* 8 bytes; the backup boot sector comes behind them */
#define BOOT_CLUSTERS_PER_RECORD 64

/*
 * Windows makes records of 1 or 4 KiB, index blocks of 4 KiB or a cluster, journal pages of 4 KiB.
 */
#define MAX_RECORD (64 * KIB)
#define MAX_INDEX  (64 * KIB)
#define MAX_PAGE   (64 * KIB)

#define INDEX_ROOT_BLOCK_SIZE 8
#define INDEX_ROOT_SIZE	      16

#define RESTART_SYSTEM_PAGE_SIZE 16
#define RESTART_SIZE		 32

static uint64_t record_size(const uint8_t *boot)
{
	int8_t clusters = (int8_t)boot[BOOT_CLUSTERS_PER_RECORD];
	uint64_t per_cluster = boot[BOOT_SECTORS_PER_CLUSTER];

	if (clusters < 0)
		return clusters > -32 ? UINT64_C(1) << -clusters : UINT64_MAX;
	if (per_cluster > 128) /* minus the logarithm, as above */
		per_cluster = UINT64_C(1) << (256 - per_cluster > 63 ? 63 : 256 - per_cluster);
	return (uint64_t)clusters * get_le16(boot + BOOT_SECTOR_SIZE) *
	       min_u64(per_cluster, UINT32_MAX);
}

/* A partition that was cut short, or a disk: the library says that it cannot read the last sector. */
static int check_total_sectors(const struct disk *disk, const uint8_t *boot, struct error *err)
{
	uint32_t unit = get_le16(boot + BOOT_SECTOR_SIZE);
	uint64_t total = get_le64(boot + BOOT_TOTAL_SECTORS);

	if (unit == 0 || total <= disk->size / unit)
		return 0;
	return error_damaged(err,
			     "the file system is larger than its partition: it has %" PRIu64
			     " sectors of %" PRIu32 " bytes, the partition has %" PRIu64
			     "; the partition or the disk was made smaller, give it its old size "
			     "again or take the disk from a backup",
			     total, unit, disk->size / unit);
}

int volume_guard_boot_sector(struct disk *disk, struct error *err)
{
	uint8_t boot[BOOT_SIZE];
	uint64_t size;
	int r = disk_read(disk, boot, sizeof(boot), 0, err);

	if (r < 0)
		return r;
	size = record_size(boot);
	if (size < BOOT_SIZE || size > MAX_RECORD)
		return error_damaged(
			err,
			"cannot mount the NTFS volume: its boot sector asks for records of %" PRIu64
			" bytes",
			size);
	return check_total_sectors(disk, boot, err);
}

int volume_guard_index(struct volume *volume, ntfs_inode *folder, const char *path,
		       struct error *err)
{
	CLEANUP_ATTR ntfs_attr *root = ntfs_attr_open(folder, AT_INDEX_ROOT, NTFS_INDEX_I30, 4);
	uint8_t header[INDEX_ROOT_SIZE];
	uint32_t size;

	if (!root || ntfs_attr_pread(root, 0, sizeof(header), header) != (s64)sizeof(header))
		return volume_fail(volume, path, EIO, "open", err);
	size = get_le32(header + INDEX_ROOT_BLOCK_SIZE);
	if (size > MAX_INDEX)
		return error_damaged(err, "cannot open '%s': index blocks of %" PRIu32 " bytes",
				     path, size);
	return 0;
}

/* Restart pages are looked for at 0 and at every power of two from 512 on. */
int volume_guard_journal(struct volume *volume, ntfs_attr *journal, struct error *err)
{
	for (s64 at = 0; at + RESTART_SIZE <= journal->data_size; at = at ? at * 2 : 512) {
		uint8_t page[RESTART_SIZE];

		if (ntfs_attr_pread(journal, at, sizeof(page), page) != (s64)sizeof(page))
			return volume_fail(volume, "$LogFile", EIO, "read", err);
		if ((memcmp(page, "RSTR", 4) == 0 || memcmp(page, "CHKD", 4) == 0) &&
		    get_le32(page + RESTART_SYSTEM_PAGE_SIZE) > MAX_PAGE)
			return error_damaged(err,
					     "cannot read '$LogFile': pages of %" PRIu32
					     " bytes at offset %lld",
					     get_le32(page + RESTART_SYSTEM_PAGE_SIZE),
					     (long long)at);
	}
	return 0;
}
