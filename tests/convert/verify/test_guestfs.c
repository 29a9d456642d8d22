/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The libguestfs checks on a small disk, and what happens when the appliance cannot be started. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "tests/support/scratch.h"
#include "fixture.h"

static struct fixture fixture;
static struct disk *raw;
static char vhdx[700];

static void set_up(void)
{
	if (!tool_exists("qemu-img"))
		cr_skip_test("qemu-img is not installed");
	fixture_init(&fixture);
	setenv("TMPDIR", fixture.folder, 1);
}

/* The disk of the fixture as a VHDX. */
static void open_vhdx(void)
{
	raw = fixture_to_vhdx(&fixture, "", vhdx);
	fixture.verify->use_guestfs = true;
}

static void tear_down(void)
{
	fixture_done(&fixture);
	disk_close(raw);
	raw = NULL;
}

TestSuite(verify_guestfs, .init = set_up, .fini = tear_down, .timeout = 600);

/* Nothing but the files of the test is left in $TMPDIR. */
static void assert_no_remains(void)
{
	DIR *folder = opendir(fixture.folder);
	const struct dirent *entry;

	cr_assert_not_null(folder);
	while ((entry = readdir(folder)))
		cr_assert(entry->d_name[0] == '.' || strncmp(entry->d_name, "disk.", 5) == 0 ||
				  strcmp(entry->d_name, "file") == 0,
			  "'%s' was left behind", entry->d_name);
	closedir(folder);
}

static void check(void)
{
	verify_guestfs(fixture.verify);
	if (strcmp(fixture_result(&fixture, "guestfs")->detail, "built without libguestfs") == 0)
		cr_skip_test("built without libguestfs");
}

/* A start takes half a minute: one disk with several faults. What is right is tested on a converted
 * disk. */
Test(verify_guestfs, another_kernel_finds_what_is_wrong)
{
	uint8_t program[FIXTURE_PROGRAM_BYTES];

	fixture_program(program, 1);
	fixture_put_esp(&fixture, "/EFI/Boot/bootx64.efi", program, sizeof(program));
	open_vhdx();
	verify_gpt(fixture.verify);
	verify_ntfs(fixture.verify);
	fixture.verify->partitions[2].last_lba--;
	fixture.verify->partitions[1].is_ntfs = true;
	check();
	assert_no_remains();
	if (fixture_result(&fixture, "guestfs")->status == VERIFY_SKIPPED)
		cr_skip_test("libguestfs does not start here");
	assert_ok(&fixture, "guestfs");
	assert_fail(&fixture, "guestfs-table", "in our table partition 3 has");
	assert_fail(&fixture, "guestfs-types", "partition 2 holds '', expected ntfs");
	assert_fail(&fixture, "guestfs-esp", "differ");
	assert_fail(&fixture, "guestfs-windows", "no Windows");
	assert_skipped(&fixture, "guestfs-loader");
}

Test(verify_guestfs, says_why_it_cannot_start)
{
	setenv("LIBGUESTFS_BACKEND_SETTINGS", "force_tcg", 1);
	setenv("LIBGUESTFS_HV", "/bin/false", 1);
	open_vhdx();
	verify_gpt(fixture.verify);
	check();
	assert_skipped(&fixture, "guestfs");
	cr_assert_not_null(strstr(fixture_result(&fixture, "guestfs")->detail, "cannot start"));
	assert_no_remains();
}
