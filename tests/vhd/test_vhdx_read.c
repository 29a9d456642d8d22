/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading VHDX files made by qemu-img and by Hyper-V. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <inttypes.h>
#include <sys/resource.h>

#include "common/checked.h"
#include "tests/vhd/support.h"
#include "vhd/crc32c.h"
#include "vhd/vhdx_geometry.h"

TestSuite(vhdx_read, .fini = support_clean);

Test(vhdx_read, crc32c_vectors)
{
	static const uint8_t zero[32];

	cr_assert_eq(crc32c(0, "123456789", 9), 0xe3069283);
	cr_assert_eq(crc32c(0, zero, sizeof(zero)), 0x8a9136aa);
	cr_assert_eq(crc32c(crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
	cr_assert_eq(crc32c_without_field("12abcd789", 9, 2), crc32c(0,
								     "12\0\0\0\0"
								     "789",
								     9));
}

Test(vhdx_read, geometry_of_10_gib)
{
	struct vhdx_metadata metadata = {.disk_size = 10 * GIB,
					 .block_size = 2 * MIB,
					 .logical_sector = 512};
	struct vhdx_geometry g = vhdx_geometry(&metadata);

	cr_assert_eq(g.blocks, 5120);
	cr_assert_eq(g.chunk_ratio, 2048);
	cr_assert_eq(g.chunks, 3);
	cr_assert_eq(g.entries, 5122);
	cr_assert_eq(vhdx_payload_index(&g, 2047), 2047);
	cr_assert_eq(vhdx_payload_index(&g, 2048), 2049);
	cr_assert_eq(vhdx_payload_index(&g, 4096), 4098);
	cr_assert_eq(vhdx_bitmap_index(&g, 0), 2048);
	cr_assert_eq(vhdx_bitmap_index(&g, 1), 4097);
	cr_assert_eq(vhdx_bitmap_index(&g, 2), 6146);
	metadata.has_parent = true;
	cr_assert_eq(vhdx_geometry(&metadata).entries, 6147);
}

Test(vhdx_read, geometry_of_64_tib)
{
	struct vhdx_metadata metadata = {.disk_size = 64 * TIB,
					 .block_size = MIB,
					 .logical_sector = 512};
	struct vhdx_geometry g = vhdx_geometry(&metadata);

	cr_assert_eq(g.blocks, 67108864);
	cr_assert_eq(g.chunk_ratio, 4096);
	cr_assert_eq(g.chunks, 16384);
	cr_assert_eq(g.entries, 67125247);
	metadata.disk_size = MIB + 512;
	cr_assert_eq(vhdx_geometry(&metadata).blocks, 2);
}

struct qemu_case {
	uint64_t size;
	uint32_t block_size;
	char subformat[16];
};

ParameterizedTestParameters(vhdx_read, made_by_qemu)
{
	static struct qemu_case cases[] = {
		{64 * MIB, 1 * MIB, "dynamic"},
		{10 * GIB, 1 * MIB, "dynamic"},
		{10 * GIB + 512 * 3, 16 * MIB, "dynamic"},
		{40 * GIB, 32 * MIB, "dynamic"},
		{2 * TIB, 256 * MIB, "dynamic"},
		{4 * GIB + 96 * MIB, 8 * MIB, "fixed"},
	};

	return cr_make_param_array(struct qemu_case, cases, ARRAY_SIZE(cases));
}

ParameterizedTest(struct qemu_case *c, vhdx_read, made_by_qemu)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_FREE char *image = test_path("disk.vhdx");
	CLEANUP_DISK struct disk *disk = NULL;

	need_tool("qemu-img");
	make_raw(raw, c->size, 12, 3 * MIB, c->size ^ c->block_size);
	cr_assert_eq(run("qemu-img convert -f raw -O vhdx -o block_size=%u,subformat=%s '%s' '%s'",
			 c->block_size, c->subformat, raw, image),
		     0);
	disk = open_disk(image);
	cr_assert_eq(disk->size, c->size);
	cr_assert_eq(disk->sector_size, 512);
	cr_assert_eq(vhd_info(disk)->block_size, c->block_size);
	cr_assert_str_eq(vhd_info_text(vhd_info(disk)),
			 c->subformat[0] == 'f' ? "fixed VHDX" : "dynamic VHDX");
	expect_same(disk, raw);
}

Test(vhdx_read, a_raw_image)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_DISK struct disk *disk = NULL;

	make_raw(raw, 100 * MIB, 5, MIB, 1);
	disk = open_disk(raw);
	cr_assert_str_eq(vhd_info_text(vhd_info(disk)), "raw image");
	expect_same(disk, raw);
}

Test(vhdx_read, no_disk_image)
{
	CLEANUP_FREE char *path = test_path("text");

	cr_assert_eq(run("seq 1000 > '%s'", path), 0);
	cr_assert_eq(open_error(path).refusal, REFUSAL_NOT_A_DISK_IMAGE);
	cr_assert_eq(run(": > '%s'", path), 0);
	cr_assert_eq(open_error(path).refusal, REFUSAL_NOT_A_DISK_IMAGE);
	cr_assert_eq(open_error(BUILD_DIR).refusal, REFUSAL_NOT_A_DISK_IMAGE);
	cr_assert_eq(run("rm '%s'; mkfifo '%s'", path, path), 0);
	cr_assert_eq(open_error(path).refusal, REFUSAL_NOT_A_DISK_IMAGE);
	cr_assert_eq(open_error("/nonexistent/x").kind, ERROR_FAILED);
}

struct real_case {
	char name[64];
	char text[32];
	uint64_t size;
};

ParameterizedTestParameters(vhdx_read, made_by_hyperv)
{
	static struct real_case cases[] = {
		{"dissect.hypervisor/dynamic.vhdx", "dynamic VHDX", 10 * MIB},
		{"dissect.hypervisor/fixed.vhdx", "fixed VHDX", 10 * MIB},
	};

	return cr_make_param_array(struct real_case, cases, ARRAY_SIZE(cases));
}

ParameterizedTest(struct real_case *c, vhdx_read, made_by_hyperv)
{
	CLEANUP_FREE char *image = unpack(c->name);
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_DISK struct disk *disk = open_disk(image);

	need_tool("qemu-img");
	cr_assert_eq(disk->size, c->size, "%s: %" PRIu64, c->name, disk->size);
	cr_assert_str_eq(vhd_info_text(vhd_info(disk)), c->text);
	cr_assert_eq(vhd_info(disk)->physical_sector_size, 4096);
	cr_assert_eq(run("qemu-img convert -f vhdx -O raw '%s' '%s'", image, raw), 0);
	expect_same(disk, raw);
	expect_libvhdi_agrees(disk, image);
}

Test(vhdx_read, memory_does_not_grow_with_the_disk)
{
	CLEANUP_FREE char *image = test_path("disk.vhdx");
	struct error err = ERROR_INIT;
	struct rusage before, after;

	need_tool("qemu-img");
	cr_assert_eq(run("qemu-img create -f vhdx -o block_size=1M '%s' 63T", image), 0);
	getrusage(RUSAGE_SELF, &before);
	{
		CLEANUP_DISK struct disk *disk = open_disk(image);
		uint64_t offset = 0;

		while (offset < disk->size) {
			struct disk_extent extent;

			cr_assert_eq(disk_extent(disk, offset, &extent, &err), 0, "%s",
				     err.message);
			cr_assert_neq(extent.kind, DISK_DATA);
			offset += extent.length;
		}
	}
	getrusage(RUSAGE_SELF, &after);
	cr_assert_lt(after.ru_maxrss - before.ru_maxrss, 4 * 1024, "KiB of memory");
}
