/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks of NTFS volumes on one made by mkntfs. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "tests/support/scratch.h"
#include "fixture.h"

#define VOLUME (FIXTURE_NTFS_LBA * 512)

FIXTURE_SUITE(verify_ntfs);

static void check(void)
{
	verify_gpt(fixture.verify);
	verify_ntfs(fixture.verify);
}

Test(verify_ntfs, accepts_a_good_volume)
{
	check();
	assert_ok(&fixture, "ntfs-3");
	cr_assert_not_null(strstr(fixture_result(&fixture, "ntfs-3")->detail, "'Windows'"));
	cr_assert(fixture.verify->partitions[2].is_ntfs);
}

/* sgdisk wrote the type of partition 2. */
Test(verify_ntfs, msr_is_no_volume)
{
	for (unsigned int byte = 0; byte < 16; byte++) {
		fixture_restart(&fixture);
		check();
		cr_assert_eq(fixture_count(&fixture, "ntfs-2"), 0);
		fixture_flip_entry(&fixture, 2, byte);
		fixture_restart(&fixture);
		check();
		assert_skipped(&fixture, "ntfs-2");
		fixture_flip_entry(&fixture, 2, byte);
	}
}

Test(verify_ntfs, wrong_hidden_sectors)
{
	fixture_flip(&fixture, VOLUME + 0x1c);
	check();
	assert_fail(&fixture, "ntfs-3", "239617 hidden sectors, expected 239616");
}

Test(verify_ntfs, backup_boot_sector_differs)
{
	uint8_t boot[512];

	fixture_read(&fixture, VOLUME, boot, sizeof(boot));
	fixture_flip(&fixture, VOLUME + get_le64(boot + 0x28) * 512 + 0x1c);
	check();
	assert_fail(&fixture, "ntfs-3", "backup boot sector");
}

/* A report beside the disk: the GUID of the disk and what was so of partition 3. */
static void write_report(const char *guid, const char *word)
{
	CLEANUP_FREE char *path = verify_sister(fixture.path, ".report.json");
	FILE *report = fopen(path, "w");

	cr_assert_not_null(report);
	fprintf(report,
		"{\"after\": {\"disk_guid\": \"%s\", \"partitions\": [{\"number\": 3, "
		"\"as_found\": [\"%s\"]}]}}",
		guid, word);
	fclose(report);
}

static void check_with_report(const char *word)
{
	char guid[GUID_TEXT_SIZE];

	fixture_restart(&fixture);
	verify_gpt(fixture.verify);
	write_report(guid_format(&fixture.verify->disk_guid, guid), word);
	verify_source(fixture.verify);
	verify_ntfs(fixture.verify);
}

/* What the report says of the source is no failure; what it does not say is one. */
Test(verify_ntfs, as_in_the_source)
{
	uint8_t boot[512];

	fixture_read(&fixture, VOLUME, boot, sizeof(boot));
	fixture_flip(&fixture, VOLUME + get_le64(boot + 0x28) * 512 + 100);
	check_with_report("backup-boot-sector");
	assert_ok(&fixture, "ntfs-3");
	cr_assert_not_null(strstr(fixture_result(&fixture, "ntfs-3")->detail, "as in the source"));
	check_with_report("sector-size");
	assert_fail(&fixture, "ntfs-3", "--report");
	fixture_flip(&fixture, VOLUME + 0x1c);
	check_with_report("backup-boot-sector");
	assert_fail(&fixture, "ntfs-3", "hidden sectors");
	fixture_flip(&fixture, VOLUME + 0x1c);
	put_le16(boot + 0x0b, 4096);
	fixture_write(&fixture, VOLUME, boot, sizeof(boot));
	check_with_report("sector-size");
	assert_skipped(&fixture, "ntfs-3");
	check_with_report("backup-boot-sector");
	assert_fail(&fixture, "ntfs-3", "sectors of 4096 bytes");
	check_with_report("unreadable");
	assert_skipped(&fixture, "ntfs-3");
	cr_assert(!fixture.verify->partitions[2].is_ntfs, "nobody else need mount it");
}

/* A report that is none, or of another disk, excuses nothing. */
Test(verify_ntfs, reports_of_no_use)
{
	CLEANUP_FREE char *path = verify_sister(fixture.path, ".report.json");
	char guid[GUID_TEXT_SIZE];

	verify_gpt(fixture.verify);
	write_report("{00000000-0000-0000-0000-000000000001}", "unreadable");
	verify_source(fixture.verify);
	assert_fail(&fixture, "report", "of another disk");
	cr_assert_eq(fixture.verify->partitions[2].as_found, 0);
	fixture.verify->report_path = path;
	verify_source(fixture.verify);
	cr_assert_eq(fixture.verify->counts[VERIFY_FAIL], 2);
	write_report(guid_format(&fixture.verify->disk_guid, guid), "\"]}{");
	verify_source(fixture.verify);
	cr_assert_eq(fixture.verify->counts[VERIFY_FAIL], 3);
	unlink(path);
	verify_source(fixture.verify);
	cr_assert_eq(fixture.verify->counts[VERIFY_FAIL], 4);
	cr_assert_eq(fixture.verify->partitions[2].as_found, 0);
}

Test(verify_ntfs, volume_larger_than_the_partition)
{
	uint8_t sectors[8];

	put_le64(sectors, FIXTURE_NTFS_SECTORS);
	fixture_write(&fixture, VOLUME + 0x28, sectors, sizeof(sectors));
	check();
	assert_fail(&fixture, "ntfs-3", "the partition has 131072");
}

Test(verify_ntfs, damaged_mft)
{
	static const uint8_t zeros[65536];
	uint8_t boot[512];

	fixture_read(&fixture, VOLUME, boot, sizeof(boot));
	fixture_write(&fixture, VOLUME + get_le64(boot + 0x30) * boot[0x0d] * 512, zeros,
		      sizeof(zeros));
	check();
	assert_status(&fixture, VERIFY_FAIL, "ntfs-3");
}

Test(verify_ntfs, other_file_systems_are_named)
{
	static const uint8_t zeros[65536];

	fixture_write(&fixture, VOLUME, zeros, sizeof(zeros));
	check();
	assert_skipped(&fixture, "ntfs-3");
	cr_assert_str_eq(fixture_result(&fixture, "ntfs-3")->detail, "holds empty");
}

static void expect_holds(const char *words)
{
	fixture_restart(&fixture);
	check();
	assert_skipped(&fixture, "ntfs-3");
	cr_assert_str_eq(fixture_result(&fixture, "ntfs-3")->detail, words);
	cr_assert(!fixture.verify->partitions[2].is_ntfs);
}

Test(verify_ntfs, marks_of_other_file_systems)
{
	static const uint8_t to_go[] = {0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
					0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01};

	fixture_write(&fixture, VOLUME + 3, "EXFAT   ", 8);
	expect_holds("holds exFAT");
	fixture_write(&fixture, VOLUME + 3, "ReFS\0\0\0\0", 8);
	expect_holds("holds ReFS");
	fixture_write(&fixture, VOLUME + 3, "-FVE-FS-", 8);
	expect_holds("holds BitLocker");
	fixture_write(&fixture, VOLUME + 3, "MSWIN4.1", 8);
	expect_holds("holds unknown");
	fixture_write(&fixture, VOLUME + 424, to_go, sizeof(to_go));
	expect_holds("holds BitLocker");
}

Test(verify_ntfs, fat_made_by_mkfs)
{
	if (!tool_exists("mkfs.fat"))
		cr_skip_test("mkfs.fat is not installed");
	fixture_run(&fixture, "mkfs.fat -F 16 --offset 239616 %s 65536");
	expect_holds("holds FAT");
	fixture_run(&fixture, "mkfs.fat -F 32 --offset 239616 %s 65536");
	expect_holds("holds FAT");
}
