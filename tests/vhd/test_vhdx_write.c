/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHDX files written here, read back by this reader, qemu-img and libvhdi. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/checked.h"
#include "tests/vhd/support.h"

TestSuite(vhdx_write, .fini = support_clean);

struct write_case {
	uint64_t size;
	uint32_t block_size;
	enum vhd_type type;
};

ParameterizedTestParameters(vhdx_write, read_back)
{
	static struct write_case cases[] = {
		{64 * MIB, 1 * MIB, VHD_TYPE_DYNAMIC},
		{10 * GIB, 2 * MIB, VHD_TYPE_DYNAMIC},
		{1 * GIB + 512, 256 * MIB, VHD_TYPE_DYNAMIC},
		{40 * GIB, 32 * MIB, VHD_TYPE_DYNAMIC},
		{4 * GIB + 96 * MIB, 32 * MIB, VHD_TYPE_FIXED},
		{4 * MIB + 512, 1 * MIB, VHD_TYPE_FIXED},
	};

	return cr_make_param_array(struct write_case, cases, ARRAY_SIZE(cases));
}

ParameterizedTest(struct write_case *c, vhdx_write, read_back)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_FREE char *image = test_path("disk.vhdx");
	CLEANUP_FREE char *copy = test_path("copy");
	CLEANUP_DISK struct disk *contents = NULL;
	CLEANUP_DISK struct disk *disk = NULL;

	make_raw(raw, c->size, 12, 3 * MIB, c->size ^ c->block_size);
	contents = open_disk(raw);
	write_vhdx(image, c->type, c->block_size, contents);
	disk = open_disk(image);
	cr_assert_eq(disk->size, c->size);
	cr_assert_eq(vhd_info(disk)->type, c->type);
	expect_same(disk, raw);
	if (have("qemu-img")) {
		cr_assert_eq(run("qemu-img check -f vhdx '%s'", image), 0);
		cr_assert_eq(run("qemu-img convert -f vhdx -O raw '%s' '%s'", image, copy), 0);
		expect_same(disk, copy);
	}
	/*
	 * libvhdi loses a fixed VHDX after its first chunk (4 GiB): it takes the BAT for not
	 * interleaved. The others are left out for time alone.
	 */
	if (c->size <= 2 * GIB)
		expect_libvhdi_agrees(disk, image);
}

/* Longer than what is copied at once. */
Test(vhdx_write, long_runs_of_data)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_FREE char *image = test_path("disk.vhdx");
	CLEANUP_DISK struct disk *contents = NULL;

	make_raw(raw, 200 * MIB, 4, 80 * MIB, 9);
	contents = open_disk(raw);
	write_vhdx(image, VHD_TYPE_DYNAMIC, 2 * MIB, contents);
	cr_assert_eq(run("qemu-img compare -f raw -F vhdx '%s' '%s'", raw, image), 0);
}

Test(vhdx_write, has_the_guids_of_its_making)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_FREE char *image = test_path("disk.vhdx");
	CLEANUP_DISK struct disk *contents = NULL, *disk = NULL;
	const struct vhdx_spec spec = sample_spec(VHD_TYPE_DYNAMIC, 2 * MIB);

	make_raw(raw, 4 * MIB, 1, MIB, 9);
	contents = open_disk(raw);
	write_vhdx(image, VHD_TYPE_DYNAMIC, 2 * MIB, contents);
	disk = open_disk(image);
	cr_assert(guid_equal(&vhd_info(disk)->file_write_guid, &spec.file_write_guid));
	cr_assert(guid_equal(&vhd_info(disk)->data_write_guid, &spec.data_write_guid));
	cr_assert(guid_is_zero(&vhd_info(contents)->file_write_guid));
}

Test(vhdx_write, is_deterministic)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_FREE char *a = test_path("a");
	CLEANUP_FREE char *b = test_path("b");
	CLEANUP_DISK struct disk *contents = NULL;

	make_raw(raw, 300 * MIB, 9, 2 * MIB, 7);
	contents = open_disk(raw);
	write_vhdx(a, VHD_TYPE_DYNAMIC, 2 * MIB, contents);
	write_vhdx(b, VHD_TYPE_DYNAMIC, 2 * MIB, contents);
	cr_assert_eq(run("cmp '%s' '%s'", a, b), 0);
}

Test(vhdx_write, does_not_store_zeros)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_FREE char *image = test_path("disk.vhdx");
	CLEANUP_DISK struct disk *contents = NULL;
	struct stat st;

	make_raw(raw, 64 * MIB, 0, 1, 7);
	/*
	 * Zeros that the host file stores, over blocks 3 to 10; block 11 ends in one byte of data.
	 */
	cr_assert_eq(run("dd if=/dev/zero of='%s' bs=1M seek=3 count=9 conv=notrunc", raw), 0);
	patch(raw, 12 * MIB - 1, "x", 1);
	contents = open_disk(raw);
	write_vhdx(image, VHD_TYPE_DYNAMIC, MIB, contents);
	cr_assert_eq(stat(image, &st), 0);
	/* Headers, log, metadata, BAT; blocks 0, 11 and 63. */
	cr_assert_eq(st.st_size, (off_t)(7 * MIB));
	cr_assert_eq(run("qemu-img compare -f raw -F vhdx '%s' '%s'", raw, image), 0);
}

Test(vhdx_write, keeps_holes_of_the_source_within_blocks)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_FREE char *image = test_path("disk.vhdx");
	CLEANUP_DISK struct disk *contents = NULL;

	make_raw(raw, 512 * MIB, 0, 1, 7);
	contents = open_disk(raw);
	write_vhdx(image, VHD_TYPE_DYNAMIC, 256 * MIB, contents);
	cr_assert_lt(stored_bytes(image), MIB);
}

Test(vhdx_write, a_64_tib_disk_is_small_and_quick)
{
	CLEANUP_FREE char *source = test_path("source.vhdx");
	CLEANUP_FREE char *image = test_path("disk.vhdx");
	CLEANUP_DISK struct disk *contents = NULL;
	CLEANUP_DISK struct disk *disk = NULL;

	need_tool("qemu-img");
	cr_assert_eq(run("qemu-img create -f vhdx -o block_size=64M '%s' 63T", source), 0);
	contents = open_disk(source);
	write_vhdx(image, VHD_TYPE_DYNAMIC, 64 * MIB, contents);
	disk = open_disk(image);
	cr_assert_eq(disk->size, 63 * TIB);
	cr_assert_lt(stored_bytes(image), MIB);
}
