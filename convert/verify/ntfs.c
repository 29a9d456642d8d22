/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NTFS volumes: which they are, the boot sector at both its places, and a read-only mount. The
 * fields are those of the NTFS boot sector as ntfs-3g's layout.h and Microsoft's "NTFS Technical
 * Reference" describe it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/verify/checks.h"
#include "convert/verify/ntfs/volume.h"

/* PARTITION_MSFT_RESERVED_GUID ("CREATE_PARTITION_PARAMETERS", "PARTITION_INFORMATION_GPT"). */
#define TYPE_MSR "E3C9E316-0B5C-4DB8-817D-F92DF00215AE"

#define BOOT_BYTES_PER_SECTOR 0x0b
#define BOOT_HIDDEN_SECTORS   0x1c /* of the BIOS parameter block: LBA of the partition */
#define BOOT_TOTAL_SECTORS    0x28 /* without the backup boot sector, which comes right behind */
#define BOOT_BYTES	      512

#define PROBE_BYTES (64 * KIB) /* all zero: the volume was never formatted */

/*
 * What stands in the first sector: the OEM names by which libblkid knows them (ntfs.c, exfat.c,
 * refs.c, bitlocker.c in its superblocks/), and GUID 4967D63B-2E29-4AD8-8399-F6A339E3D001 in the
 * FAT boot sector of BitLocker To Go (libbde, "Volume header").
 */
static const struct {
	const char *name;
	size_t offset;
	const char bytes[17];
	size_t size;
} marks[] = {
	{"NTFS", 3, "NTFS    ", 8},
	{"exFAT", 3, "EXFAT   ", 8},
	{"ReFS", 3, "ReFS\0\0\0\0", 8},
	{"BitLocker", 3, "-FVE-FS-", 8},
	{"BitLocker", 424, "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01", 16},
};

/*
 * FAT has no mark that must be there. These fields of its boot sector have few legal values
 * (Microsoft FAT specification 1.03, "Boot Sector and BPB").
 */
static bool looks_like_fat(const uint8_t *boot)
{
	uint16_t sector_size = get_le16(boot + BOOT_BYTES_PER_SECTOR);
	uint8_t jump = boot[0], per_cluster = boot[13], fats = boot[16], media = boot[21];

	return (jump == 0xeb || jump == 0xe9) && get_le16(boot + 510) == 0xaa55 &&
	       sector_size >= 512 && sector_size <= 4096 && is_power_of_two(sector_size) &&
	       is_power_of_two(per_cluster) && get_le16(boot + 14) > 0 &&
	       (fats == 1 || fats == 2) && media >= 0xf0;
}

/* The word for what a partition holds; NULL with *err when it cannot be read. */
static const char *file_system_name(struct disk *partition, struct error *err)
{
	uint8_t start[PROBE_BYTES];
	size_t length = min_u64(partition->size, sizeof(start));

	if (disk_read(partition, start, length, 0, err) < 0)
		return NULL;
	if (is_zero(start, length))
		return "empty";
	if (length < BOOT_BYTES)
		return "unknown";
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (memcmp(start + marks[i].offset, marks[i].bytes, marks[i].size) == 0)
			return marks[i].name;
	return looks_like_fat(start) ? "FAT" : "unknown";
}

/* What the checks of one volume share. */
struct check {
	struct verify *verify;
	const struct verify_partition *partition;
	char name[32];
};

/* Of a Linux nothing else on the disk is edited, and nobody starts a Windows that is there. */
static bool is_beside_linux(const struct verify *verify)
{
	return verify->has_reported_linux || verify->linux_folder[0];
}

/* Was it so before? 'fault' is what is wrong with the volume and what was expected. */
static void judge(const struct check *check, unsigned int bit, const char *fault)
{
	if (check->partition->as_found & (bit | VERIFY_SOURCE_UNREADABLE))
		verify_skip(check->verify, check->name, "%s, as in the source", fault);
	else if (bit && is_beside_linux(check->verify))
		verify_skip(check->verify, check->name, "%s, and nothing beside Linux is edited",
			    fault);
	else
		verify_fail(check->verify, check->name, "%s", fault);
}

/* Do the first sector's figures fit the partition? False with a result when they do not. */
static bool check_figures(const struct check *check, const struct disk *volume, const uint8_t *boot,
			  uint64_t *ret_backup)
{
	uint64_t total = get_le64(boot + BOOT_TOTAL_SECTORS);
	uint16_t size = get_le16(boot + BOOT_BYTES_PER_SECTOR);
	char fault[256];

	if (size == volume->sector_size && mul_u64(total, size, ret_backup) &&
	    range_within(*ret_backup, BOOT_BYTES, volume->size))
		return true;
	snprintf(fault, sizeof(fault),
		 "%" PRIu64 " sectors of %u bytes, the partition has %" PRIu64 " of %" PRIu32,
		 total, size, volume->size / volume->sector_size, volume->sector_size);
	judge(check, size == volume->sector_size ? 0 : VERIFY_SOURCE_SECTOR_SIZE, fault);
	return false;
}

/* Both boot sectors. False with a result when something is wrong. */
static bool check_boot_sectors(const struct check *check, struct disk *volume, uint32_t *ret_hidden,
			       bool *ret_is_copy)
{
	struct verify *verify = check->verify;
	uint64_t start_lba = check->partition->first_lba, offset;
	uint8_t boot[BOOT_BYTES], backup[BOOT_BYTES];
	struct error err = ERROR_INIT;

	if (disk_read(volume, boot, sizeof(boot), 0, &err) < 0) {
		verify_fail(verify, check->name, "%s", err.message);
		return false;
	}
	if (!check_figures(check, volume, boot, &offset))
		return false;
	*ret_hidden = get_le32(boot + BOOT_HIDDEN_SECTORS);
	if (*ret_hidden != (uint32_t)start_lba && !is_beside_linux(verify)) {
		verify_fail(verify, check->name, "%" PRIu32 " hidden sectors, expected %" PRIu64,
			    *ret_hidden, start_lba);
		return false;
	}
	if (disk_read(volume, backup, sizeof(backup), offset, &err) < 0) {
		verify_fail(verify, check->name, "%s", err.message);
		return false;
	}
	*ret_is_copy = memcmp(boot, backup, sizeof(boot)) == 0;
	if (!*ret_is_copy && !is_beside_linux(verify) &&
	    !(check->partition->as_found & VERIFY_SOURCE_BACKUP)) {
		verify_fail(verify, check->name,
			    "the backup boot sector at sector %" PRIu64
			    " of the volume differs from the first; that it was so in the source "
			    "would stand in the report of the conversion (--report)",
			    offset / volume->sector_size);
		return false;
	}
	return true;
}

/* What is to be said of a volume that is as it should be. */
static void say_hidden(const struct check *check, uint32_t hidden, bool is_copy, char text[160])
{
	uint64_t start_lba = check->partition->first_lba;

	if (hidden != (uint32_t)start_lba)
		snprintf(text, 160,
			 "%" PRIu32 " hidden sectors, not %" PRIu64
			 ", as nothing beside Linux is edited",
			 hidden, start_lba);
	else if (is_copy)
		snprintf(text, 160, "hidden sectors and backup boot sector right");
	else
		snprintf(
			text, 160,
			"hidden sectors right; the backup boot sector differs from the first, as in "
			"the source");
}

static void check_volume(const struct check *check, struct disk_window *window)
{
	CLEANUP_VERIFY_NTFS struct verify_ntfs_volume *volume = NULL;
	struct error err = ERROR_INIT;
	bool is_copy = false;
	uint32_t hidden = 0;
	char text[160];

	if (!check_boot_sectors(check, &window->disk, &hidden, &is_copy))
		return;
	if (verify_ntfs_open(window, &volume, &err) < 0) {
		judge(check, 0, err.message);
		return;
	}
	say_hidden(check, hidden, is_copy, text);
	verify_ok(check->verify, check->name, "mounts, label '%s'%s; %s", verify_ntfs_label(volume),
		  verify_ntfs_is_dirty(volume) ? ", marked dirty (chkdsk is due)" : "", text);
}

void verify_ntfs(struct verify *verify)
{
	for (size_t i = 0; i < verify->partition_count; i++) {
		struct verify_partition *partition = &verify->partitions[i];
		struct error err = ERROR_INIT;
		struct disk_window window;
		struct check check = {.verify = verify, .partition = partition};
		const char *holds;

		if (partition == verify->esp || verify_has_type(partition, TYPE_MSR) ||
		    !verify_window(verify, partition, &window))
			continue;
		snprintf(check.name, sizeof(check.name), "ntfs-%u", partition->number);
		holds = file_system_name(&window.disk, &err);
		partition->is_ntfs = holds && strcmp(holds, "NTFS") == 0;
		if (!holds)
			verify_fail(verify, check.name, "%s", err.message);
		else if (partition->is_ntfs)
			check_volume(&check, &window);
		else
			verify_skip(verify, check.name, "holds %s", holds);
		if (partition->as_found & (VERIFY_SOURCE_UNREADABLE | VERIFY_SOURCE_SECTOR_SIZE))
			partition->is_ntfs = false; /* nobody else need mount it */
	}
}
