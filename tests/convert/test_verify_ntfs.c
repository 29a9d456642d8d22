/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks of NTFS volumes on one made by mkntfs. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/bytes.h"
#include "verify_fixture.h"

#define VOLUME (FIXTURE_NTFS_LBA * 512)

static struct fixture fixture;

static void set_up(void)
{
	fixture_init(&fixture);
}

static void tear_down(void)
{
	fixture_done(&fixture);
}

static void check(void)
{
	verify_gpt(fixture.verify);
	verify_ntfs(fixture.verify);
}

TestSuite(verify_ntfs, .init = set_up, .fini = tear_down);

Test(verify_ntfs, accepts_a_good_volume)
{
	check();
	assert_ok(&fixture, "ntfs-3");
	cr_assert_not_null(strstr(fixture_result(&fixture, "ntfs-3")->detail, "'Windows'"));
	cr_assert_eq(fixture.verify->partitions[2].filesystem, FILESYSTEM_NTFS);
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
}
