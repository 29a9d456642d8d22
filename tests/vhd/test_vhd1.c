/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VHD (version 1): fixed, dynamic, differencing; made by qemu-img, by Hyper-V and byte by byte. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "tests/vhd/build.h"
#include "tests/vhd/support.h"

TestSuite(vhd1, .fini = support_clean);

static struct guid id(unsigned int i)
{
	return GUID(0xd15c0000 + i, 0x1111, 0x2222, 0x3333, 0x444444444444);
}

struct qemu_case {
	uint64_t size;
	char subformat[16];
};

ParameterizedTestParameters(vhd1, made_by_qemu)
{
	static struct qemu_case cases[] = {{64 * MIB, "dynamic"},
					   {40 * GIB, "dynamic"},
					   {2040 * GIB, "dynamic"},
					   {1 * GIB, "fixed"}};

	return cr_make_param_array(struct qemu_case, cases, ARRAY_SIZE(cases));
}

ParameterizedTest(struct qemu_case *c, vhd1, made_by_qemu)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_FREE char *image = test_path("disk.vhd");
	CLEANUP_DISK struct disk *disk = NULL;

	need_tool("qemu-img");
	make_raw(raw, c->size, 10, 3 * MIB, c->size);
	cr_assert_eq(run("qemu-img convert -f raw -O vpc -o force_size=on,subformat=%s '%s' '%s'",
			 c->subformat, raw, image),
		     0);
	disk = open_disk(image);
	cr_assert_eq(disk->size, c->size);
	cr_assert_str_eq(vhd_info_text(vhd_info(disk)),
			 c->subformat[0] == 'f' ? "fixed VHD" : "dynamic VHD");
	expect_same(disk, raw);
}

struct build_case {
	uint64_t size;
	uint32_t block_size;
	enum build_vhd_type base;
};

ParameterizedTestParameters(vhd1, chains)
{
	static struct build_case cases[] = {
		{20 * MIB, 2 * MIB, BUILD_VHD_FIXED},
		{33 * MIB + 512, 2 * MIB, BUILD_VHD_DYNAMIC},
		{20 * MIB, 512 * KIB, BUILD_VHD_DYNAMIC},
		{700 * MIB, 32 * MIB, BUILD_VHD_DYNAMIC},
	};

	return cr_make_param_array(struct build_case, cases, ARRAY_SIZE(cases));
}

ParameterizedTest(struct build_case *c, vhd1, chains)
{
	CLEANUP_FREE char *oracle = test_path("oracle");

	for (unsigned int i = 0; i < 4; i++) {
		char name[16], parent[64];
		CLEANUP_FREE char *path = NULL;
		CLEANUP_DISK struct disk *disk = NULL;
		struct guid parent_id = id(i - 1);

		snprintf(name, sizeof(name), "%u.vhd", i);
		path = test_path(name);
		snprintf(parent, sizeof(parent), ".\\tmp-%d-%u.vhd", (int)getpid(), i - 1);
		build_vhd(path, oracle,
			  &(struct vhd_recipe){.type = i ? BUILD_VHD_DIFFERENCING : c->base,
					       .size = c->size,
					       .block_size = c->block_size,
					       .id = id(i),
					       .parent_id = i ? &parent_id : NULL,
					       .relative_path = i ? parent : NULL,
					       .seed = c->size + i});
		disk = open_disk(path);
		cr_assert_eq(disk->size, c->size);
		cr_assert_eq(vhd_info(disk)->chain_length, i + 1);
		expect_same(disk, oracle);
	}
}

Test(vhd1, wrong_parent)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *base = test_path("base.vhd");
	CLEANUP_FREE char *child = test_path("child.vhd");
	struct guid parent_id = id(9);
	char name[64];
	struct vhd_recipe recipe = {.type = BUILD_VHD_DYNAMIC,
				    .size = 8 * MIB,
				    .block_size = 2 * MIB,
				    .id = id(8)};

	snprintf(name, sizeof(name), "D:\\x\\tmp-%d-base.vhd", (int)getpid());
	build_vhd(base, oracle, &recipe);
	recipe = (struct vhd_recipe){.type = BUILD_VHD_DIFFERENCING,
				     .size = 8 * MIB,
				     .block_size = 2 * MIB,
				     .id = id(7),
				     .parent_id = &parent_id,
				     .absolute_path = name};
	build_vhd(child, oracle, &recipe);
	cr_assert_eq(open_error(child).refusal, REFUSAL_PARENT_MISMATCH);
	recipe.id = id(9);
	recipe.type = BUILD_VHD_FIXED;
	recipe.size = 9 * MIB;
	cr_assert_eq(run("rm '%s'", base), 0);
	build_vhd(base, oracle, &recipe);
	cr_assert_eq(open_error(child).kind, ERROR_DAMAGED);
	cr_assert_eq(run("rm '%s'", base), 0);
	cr_assert_eq(open_error(child).refusal, REFUSAL_PARENT_MISSING);
}

static const struct vhd_recipe dynamic_recipe = {.type = BUILD_VHD_DYNAMIC,
						 .size = 8 * MIB,
						 .block_size = 2 * MIB,
						 .id = {{8}}};

/* The copy in front serves when the end of a dynamic disk is lost or damaged. */
Test(vhd1, footer_fallback)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *path = test_path("disk.vhd");
	CLEANUP_DISK struct disk *disk = NULL;
	struct error err;

	build_vhd(path, oracle, &dynamic_recipe);
	cr_assert_eq(run("truncate -s -512 '%s'", path), 0);
	disk = open_disk(path);
	expect_same(disk, oracle);
	cr_assert(has_noticed(disk, "the footer at"));
	patch(path, 70, "x", 1);
	err = open_error(path);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
	cr_assert(strstr(err.message, "footer"), "%s", err.message);
}

/* The copy in front is of no use where it is lost or older, and nothing is read from it. */
Test(vhd1, copy_in_front)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *path = test_path("disk.vhd");
	struct disk *disk;

	build_vhd(path, oracle, &dynamic_recipe);
	patch(path, 70, "x", 1);
	disk = open_disk(path);
	expect_same(disk, oracle);
	cr_assert(has_noticed(disk, "the copy of the footer at 0 is missing or its checksum"));
	disk_close(disk);
	seal_vhd(path, 0, 512, 64);
	disk = open_disk(path);
	expect_same(disk, oracle);
	cr_assert(has_noticed(disk, "the copy of the footer at 0 differs"));
	disk_close(disk);
}

/* A fixed VHD that begins like a disk, with 'bytes' of something behind it. */
static void make_longer(const char *path, const char *oracle, const char *something)
{
	struct vhd_recipe recipe = {.type = BUILD_VHD_FIXED, .size = 8 * MIB, .id = id(8)};

	cr_assert_eq(run("rm -f '%s' '%s'", path, oracle), 0);
	build_vhd(path, oracle, &recipe);
	patch(path, 510, "\x55\xaa", 2);
	patch(oracle, 510, "\x55\xaa", 2);
	cr_assert_eq(run("%s >> '%s'", something, path), 0);
}

/* Zeros behind the footer are no part of the disk; other bytes might be somebody's. */
Test(vhd1, something_behind_a_fixed_disk)
{
	static const char *const zeros[] = {"head -c 3 /dev/zero", "head -c 1M /dev/zero",
					    "head -c 16000000 /dev/zero"};
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *path = test_path("disk.vhd");
	struct disk *disk;
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(zeros); i++) {
		make_longer(path, oracle, zeros[i]);
		disk = open_disk(path);
		cr_assert_str_eq(vhd_info_text(vhd_info(disk)), "fixed VHD");
		cr_assert_eq(disk->size, 8 * MIB);
		cr_assert(has_noticed(disk, "the footer at 8388608 is followed by"));
		expect_same(disk, oracle);
		disk_close(disk);
	}
	/* What the guest of a fixed disk writes in front makes no dynamic disk of it. */
	make_longer(path, oracle, zeros[0]);
	patch(path, 0, "conectix", 8);
	patch(oracle, 0, "conectix", 8);
	disk = open_disk(path);
	cr_assert_str_eq(vhd_info_text(vhd_info(disk)), "fixed VHD");
	expect_same(disk, oracle);
	disk_close(disk);
	make_longer(path, oracle, "yes | head -c 512");
	err = open_error(path);
	cr_assert_eq(err.refusal, REFUSAL_NOT_A_DISK_IMAGE);
	cr_assert(strstr(err.message, "followed by 512 bytes that are not zero"), "%s",
		  err.message);
	cr_assert(strstr(err.advice, "--source-format raw"), "%s", err.advice);
	disk = open_as(path, VHD_OPEN_RAW);
	cr_assert_str_eq(vhd_info_text(vhd_info(disk)), "raw image");
	cr_assert_eq(disk->size, 8 * MIB + 1024);
	cr_assert(has_noticed(disk, "the footer of a fixed VHD at 8388608 is followed by 512"));
	expect_same(disk, path);
	disk_close(disk);
}

/* What the advice says, done to the letter, gives the disk. */
static void follow_advice(const struct error *err, const char *path, const char *oracle)
{
	const char *command = strstr(err->advice, "truncate --size=");
	CLEANUP_DISK struct disk *disk = NULL;

	cr_assert_not_null(command, "%s", err->advice);
	cr_assert_eq(run("%.*s '%s'", (int)(strstr(command, " COPY") - command), command, path), 0);
	disk = open_disk(path);
	expect_same(disk, oracle);
}

Test(vhd1, odd_sizes)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *path = test_path("disk.vhd");
	CLEANUP_FREE char *raw = test_path("raw");
	struct error err;

	make_longer(path, oracle, "echo ab");
	err = open_error(path);
	cr_assert_eq(err.refusal, REFUSAL_NOT_A_DISK_IMAGE);
	cr_assert(strstr(err.message, "footer stands at 8388608"), "%s", err.message);
	follow_advice(&err, path, oracle);
	cr_assert_eq(run("cp '%s' '%s' && echo ab >> '%s'", oracle, raw, raw), 0);
	err = open_error(raw);
	cr_assert_eq(err.refusal, REFUSAL_NOT_A_DISK_IMAGE);
	cr_assert(strstr(err.message, "are not whole sectors"), "%s", err.message);
	follow_advice(&err, raw, oracle);
}

/* A VHD that is stored at the end of a disk is a file of the guest. */
Test(vhd1, footer_of_a_stored_file)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *path = test_path("disk.vhd");
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_DISK struct disk *disk = NULL;

	make_longer(path, oracle, "true");
	make_raw(raw, 8 * MIB, 1, MIB, 1);
	cr_assert_eq(run("cat '%s' >> '%s' && truncate -s +1M '%s'", path, raw, raw), 0);
	disk = open_disk(raw);
	cr_assert_str_eq(vhd_info_text(vhd_info(disk)), "raw image");
	cr_assert_eq(vhd_member_findings(disk, 0).count, 0);
	expect_same(disk, raw);
}

/* A saved machine's disk, and one whose disk ends before its footer. */
Test(vhd1, flags_of_the_footer)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *path = test_path("disk.vhd");
	struct disk *disk;
	uint8_t size[8];

	make_longer(path, oracle, "true");
	patch(path, 8 * MIB + 84, "\1", 1);
	put_be64(size, 7 * MIB);
	patch(path, 8 * MIB + 48, size, 8);
	seal_vhd(path, 8 * MIB, 512, 64);
	disk = open_disk(path);
	cr_assert(vhd_info(disk)->is_saved);
	cr_assert(has_noticed(disk, "was saved, not shut down"));
	cr_assert(has_noticed(disk, "1048576 bytes in front of the footer"));
	cr_assert_eq(disk->size, 7 * MIB);
	disk_close(disk);
}

/* Data under clear bits: read as zeros, and told, once for a block. */
Test(vhd1, data_under_clear_bits)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_FREE char *path = test_path("disk.vhd");
	uint8_t entry[4], bits[512] = {0}, sector[512];
	struct vhd_check *check = NULL;
	struct error err = ERROR_INIT;
	struct disk *disk;
	uint64_t at;

	need_tool("qemu-img");
	make_raw(raw, 64 * MIB, 10, 3 * MIB, 5);
	cr_assert_eq(run("qemu-img convert -f raw -O vpc -o force_size=on '%s' '%s'", raw, path),
		     0);
	disk = open_disk(path);
	cr_assert_eq(vhd_member_findings(disk, 0).count, 0);
	disk_close(disk);
	peek(path, 512 + 16, bits, 8);
	peek(path, get_be64(bits), entry, 4); /* of block 0, which holds the boot sector */
	at = get_be32(entry) * UINT64_C(512);
	memset(bits, 0, sizeof(bits));
	patch(path, at, bits, sizeof(bits));
	disk = open_disk(path);
	cr_assert(has_noticed(disk, "block 0: the byte at"));
	cr_assert_eq(vhd_member_findings(disk, 0).count, 1);
	cr_assert_eq(disk_read(disk, sector, sizeof(sector), 0, &err), 0);
	cr_assert(is_zero(sector, sizeof(sector)));
	disk_close(disk);
	cr_assert_eq(vhd_check(path, NULL, &check, &err), 0);
	cr_assert_eq(check->finding_count, 1);
	vhd_check_free(check);
	/* What is zero may be marked either way: here all of the block. */
	cr_assert_eq(run("dd if=/dev/zero of='%s' bs=512 seek=%d count=4096 conv=notrunc", path,
			 (int)(at / 512 + 1)),
		     0);
	disk = open_disk(path);
	cr_assert_eq(vhd_member_findings(disk, 0).count, 0);
	disk_close(disk);
}

/* Virtual PC before 2004 wrote footers of 511 bytes. */
Test(vhd1, footer_of_511_bytes)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *path = test_path("disk.vhd");
	struct vhd_recipe recipe = {.type = BUILD_VHD_FIXED, .size = 8 * MIB, .id = id(8)};
	CLEANUP_DISK struct disk *disk = NULL;

	build_vhd(path, oracle, &recipe);
	cr_assert_eq(run("truncate -s -1 '%s'", path), 0);
	disk = open_disk(path);
	cr_assert_eq(disk->size, 8 * MIB);
	expect_same(disk, oracle);
}

struct real_case {
	char name[64];
	char text[32];
};

ParameterizedTestParameters(vhd1, made_by_hyperv)
{
	static struct real_case cases[] = {
		{"dissect.hypervisor/dynamic.vhd", "dynamic VHD"},
		{"dissect.hypervisor/fixed.vhd", "fixed VHD"},
	};

	return cr_make_param_array(struct real_case, cases, ARRAY_SIZE(cases));
}

ParameterizedTest(struct real_case *c, vhd1, made_by_hyperv)
{
	CLEANUP_FREE char *image = unpack(c->name);
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_DISK struct disk *disk = open_disk(image);

	need_tool("qemu-img");
	cr_assert_eq(disk->size, 10 * MIB);
	cr_assert_str_eq(vhd_info_text(vhd_info(disk)), c->text);
	cr_assert_eq(run("qemu-img convert -f vpc -O raw -o size=10M '%s' '%s'", image, raw), 0);
	cr_assert_eq(run("qemu-img convert -f vpc -O raw '%s' '%s'", image, raw), 0);
	expect_same(disk, raw);
	expect_libvhdi_agrees(disk, image);
}

/*
 * A child made by Windows 10 whose bitmaps have mixed bytes (0x02, 0xcb, 0xa8), which libvhdi gets
 * wrong. Its parent is not public, so one is made here, and the truth is worked out sector by
 * sector.
 */
Test(vhd1, child_made_by_hyperv)
{
	enum { SIZE = 4 * 1024 * 1024, BLOCK = 2 * 1024 * 1024 };
	static const char from[] = SHARED_DATA "/hyperv/dfvfs/fat-differential.vhd";
	CLEANUP_FREE char *folder = test_path("folder");
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *child = NULL;
	CLEANUP_FREE char *parent = NULL;
	CLEANUP_FREE uint8_t *truth = malloc(SIZE);
	CLEANUP_FREE uint8_t *data = malloc(SIZE);
	CLEANUP_FREE uint8_t *bits = malloc(512);
	CLEANUP_DISK struct disk *disk = NULL;
	struct vhd_recipe recipe = {.type = BUILD_VHD_FIXED, .size = SIZE, .seed = 3};
	struct error err;
	uint8_t entry[4];
	unsigned int mixed = 0;

	need_file(from);
	cr_assert(asprintf(&child, "%s/child.vhd", folder) > 0 &&
		  asprintf(&parent, "%s/FAT-parent.VHD", folder) > 0);
	cr_assert_eq(run("mkdir '%s' && cp '%s' '%s' && chmod u+w '%s'", folder, from, child,
			 child),
		     0);
	err = open_error(child);
	cr_assert_eq(err.refusal, REFUSAL_PARENT_MISSING, "%s", err.message);
	cr_assert(strstr(err.message, "fat-parent.vhd"), "%s", err.message);
	peek(child, 512 + 40, recipe.id.bytes, 16);
	build_vhd(parent, oracle, &recipe);
	peek(oracle, 0, truth, SIZE);
	for (uint64_t block = 0; block < SIZE / BLOCK; block++) {
		uint8_t header[1024];
		uint64_t at;

		peek(child, 512, header, sizeof(header));
		peek(child, get_be64(header + 16) + 4 * block, entry, 4);
		if (get_be32(entry) == UINT32_MAX)
			continue;
		at = get_be32(entry) * UINT64_C(512);
		peek(child, at, bits, 512);
		peek(child, at + 512, data, BLOCK);
		for (uint64_t i = 0; i < BLOCK / 512; i++) {
			mixed += i % 8 == 0 && bits[i / 8] != 0 && bits[i / 8] != 0xff;
			if (bits[i / 8] & 0x80 >> i % 8)
				memcpy(truth + block * BLOCK + i * 512, data + i * 512, 512);
		}
	}
	patch(oracle, 0, truth, SIZE);
	cr_assert_gt(mixed, 0);
	disk = open_disk(child);
	expect_same(disk, oracle);
}
