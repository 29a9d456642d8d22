/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks of the image file and the comparison with libvhdi, on images written by qemu. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"
#include "convert/changes.h"
#include "tests/support/scratch.h"
#include "fixture.h"

static struct fixture fixture;
static struct disk *raw;
static char vhdx[700];

/* The disk of the fixture as a VHDX. */
static void open_as(const char *qemu_options)
{
	raw = fixture_to_vhdx(&fixture, qemu_options, vhdx);
	fixture.verify->vhdx_copies_good = true; /* until verify_image() says otherwise */
}

static void set_up(void)
{
	fixture_init(&fixture);
}

static void tear_down(void)
{
	fixture_done(&fixture);
	disk_close(raw);
	raw = NULL;
}

TestSuite(verify_image, .init = set_up, .fini = tear_down);

static void flip_in_file(uint64_t offset)
{
	CLEANUP_FD int fd = open(vhdx, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	cr_assert_eq(pread(fd, &byte, 1, (off_t)offset), 1);
	byte ^= 0x10;
	cr_assert_eq(pwrite(fd, &byte, 1, (off_t)offset), 1);
}

static void skip_without_libvhdi(void)
{
	if (strcmp(fixture_result(&fixture, "libvhdi")->detail, "built without libvhdi") == 0)
		cr_skip_test("built without libvhdi");
}

Test(verify_image, accepts_what_qemu_wrote)
{
	open_as("-o block_size=1M");
	verify_image(fixture.verify);
	verify_libvhdi(fixture.verify);
	assert_ok(&fixture, "image");
	assert_ok(&fixture, "structure");
	assert_ok(&fixture, "qemu-img");
	skip_without_libvhdi();
	assert_ok(&fixture, "libvhdi");
}

Test(verify_image, damaged_second_copies)
{
	static const uint64_t offsets[] = {64 * KIB + 100, 128 * KIB + 100, 192 * KIB + 100,
					   256 * KIB + 100};

	open_as("");
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		fixture.verify->result_count = 0;
		flip_in_file(offsets[i]);
		verify_image(fixture.verify);
		verify_libvhdi(fixture.verify);
		assert_fail(&fixture, "image", "its bytes give");
		skip_without_libvhdi();
		assert_skipped(&fixture, "libvhdi");
		flip_in_file(offsets[i]);
	}
}

Test(verify_image, truncated)
{
	open_as("");
	cr_assert_eq(truncate(vhdx, (off_t)(fixture.verify->info->file_size - 2 * MIB)), 0);
	verify_image(fixture.verify);
	verify_libvhdi(fixture.verify);
	assert_fail(&fixture, "image", "behind the end of the file");
	assert_status(&fixture, VERIFY_FAIL, "structure");
	/* Other readers are not shown what is broken. */
	assert_status(&fixture, VERIFY_SKIPPED, "qemu-img");
	assert_status(&fixture, VERIFY_SKIPPED, "libvhdi");
}

Test(verify_image, readers_that_disagree)
{
	struct disk *ours;

	open_as("");
	ours = fixture.disk;
	fixture_flip(&(struct fixture){.disk = raw}, 117 * MIB + 4);
	fixture.verify->disk = raw;
	verify_libvhdi(fixture.verify);
	skip_without_libvhdi();
	assert_fail(&fixture, "libvhdi", "the data differ at offset 122683396");
	fixture.verify->disk = ours;
}

Test(verify_image, data_in_a_hole)
{
	const struct changes_range all_but_the_start = {MIB, MIB, 199 * MIB};
	struct disk *shortened;

	open_as("");
	cr_assert_eq(changes_open(fixture.disk, 200 * MIB, &all_but_the_start, 1, MIB, &shortened,
				  NULL),
		     0);
	fixture.verify->disk = shortened;
	verify_libvhdi(fixture.verify);
	disk_close(shortened);
	skip_without_libvhdi();
	assert_fail(&fixture, "libvhdi", "data in a hole at offset 4");
}

Test(verify_image, large_disks_are_sampled)
{
	fixture_run(&fixture, "truncate -s 2T %s");
	open_as("-o block_size=32M");
	verify_libvhdi(fixture.verify);
	skip_without_libvhdi();
	assert_ok(&fixture, "libvhdi");
	cr_assert_not_null(strstr(fixture_result(&fixture, "libvhdi")->detail, "places in"));
}

Test(verify_image, fixed_files_of_several_chunks_are_not_given_to_libvhdi)
{
	static const struct vhd_info fixed = {.format = VHD_FORMAT_VHDX,
					      .type = VHD_TYPE_FIXED,
					      .virtual_size = 4 * GIB + MIB,
					      .logical_sector_size = 512};

	fixture.verify->info = &fixed;
	fixture.verify->vhdx_copies_good = true;
	verify_libvhdi(fixture.verify);
	assert_skipped(&fixture, "libvhdi");
}
