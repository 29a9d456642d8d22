/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree of a FAT32 file system: paths, names and labels that it takes or not; where its bytes
 * go, and failing writes. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/fat32/fat32.h"
#include "tests/support/scratch.h"

TestSuite(fat32_tree, .timeout = 120);

static const struct fat32_spec usual_spec = {.label = "SYSTEM",
					     .volume_id = 0x1234abcd,
					     .hidden_sectors = 2048};

static struct fat32 *make(void)
{
	struct fat32 *fat = NULL;

	cr_assert_eq(fat32_new(&usual_spec, &fat, NULL), 0);
	return fat;
}

static void expect_add(struct fat32 *fat, const char *path, int code)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(fat32_add(fat, path, malloc(1), 1, 0, &err), -code, "'%s': %s", path,
		     err.message);
	cr_assert_eq(err.kind, code ? ERROR_FAILED : ERROR_NONE);
}

Test(fat32_tree, paths_that_fat_cannot_hold)
{
	static const char *const forbidden[] = {"",	  "/",	    "//",    "/a//b", "/a/",  "/.",
						"/..",	  "/a/./b", "/a.",   "/a /b", "/a:b", "/a*",
						"/what?", "/a\\b",  "/<",    "/>",    "/|",   "/\"",
						"/\001",  "/a\nb",  "/\377", "/\303"};
	CLEANUP_FAT32 struct fat32 *fat = make();
	char path[400];

	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++)
		expect_add(fat, forbidden[i], EILSEQ);
	cr_assert_eq(fat32_used(fat, 512), 512, "nothing was added");
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[257] = '\0';
	expect_add(fat, path, ENAMETOOLONG);
	path[256] = '\0';
	expect_add(fat, path, 0);
	memset(path, 'y', sizeof(path));
	path[100] = path[200] = '/';
	path[260] = '\0';
	expect_add(fat, path, ENAMETOOLONG);
	path[259] = '\0';
	expect_add(fat, path, 0);
}

Test(fat32_tree, names_are_unique_regardless_of_case)
{
	CLEANUP_FAT32 struct fat32 *fat = make();

	expect_add(fat, "/EFI/Boot/bootx64.efi", 0);
	expect_add(fat, "EFI/BOOT/BOOTX64.EFI", EEXIST);
	expect_add(fat, "/efi/boot", EEXIST);
	expect_add(fat, "/EFI/Boot/BootX64.efi/more", EEXIST);
	expect_add(fat, "/efi/BOOT/other", 0);
	expect_add(fat, "/caf\303\251", 0);
	expect_add(fat, "/CAF\303\211", EEXIST);
	expect_add(fat, "/\317\211\320\266\304\215", 0);
	expect_add(fat, "/\316\251\320\226\304\214", EEXIST);
	cr_assert_eq(fat32_add(fat, "/huge", malloc(1), (size_t)UINT32_MAX + 1, 0, NULL), -EFBIG);
}

Test(fat32_tree, labels)
{
	static const char *const good[] = {"", "SYSTEM", "ESP 1", "11CHARACTER"};
	static const char *const bad[] = {"system", " ESP", "A.B", "A*B", "A/B", "\303\211"};
	struct fat32_spec spec = usual_spec;
	struct fat32 *fat;
	struct disk *disk;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		snprintf(spec.label, sizeof(spec.label), "%s", good[i]);
		cr_assert_eq(fat32_new(&spec, &fat, NULL), 0, "%s", good[i]);
		disk = scratch_new("fat-label.img", 40 * MIB, 512);
		cr_assert_eq(fat32_write(fat, disk, NULL), 0);
		disk_close(disk);
		if (tool_exists("fsck.fat"))
			cr_assert_eq(tool_run(NULL, "fsck.fat -n fat-label.img"), 0, "%s", good[i]);
		fat32_free(fat);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(spec.label, sizeof(spec.label), "%s", bad[i]);
		cr_assert_eq(fat32_new(&spec, &fat, NULL), -EINVAL, "%s", bad[i]);
	}
	memset(spec.label, 'A', sizeof(spec.label));
	cr_assert_eq(fat32_new(&spec, &fat, NULL), -EINVAL);
	remove("fat-label.img");
}

/*
 * A disk that fails from its n-th write on, and sees how many bytes come straight from one buffer.
 */
struct counting_disk {
	struct disk disk;
	const uint8_t *data;
	size_t size;
	uint64_t direct_bytes;
	uint64_t other_bytes;
	unsigned int writes_left;
};

static int counting_write(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
			  struct error *err)
{
	struct counting_disk *counting = (struct counting_disk *)disk;
	const uint8_t *from = buffer;

	(void)offset;
	if (counting->writes_left-- == 0)
		return error_failed(err, EIO, "no more writes");
	if (from >= counting->data && from < counting->data + counting->size)
		counting->direct_bytes += length;
	else
		counting->other_bytes += length;
	return 0;
}

static const struct disk_ops counting_ops = {.write = counting_write};

static struct counting_disk counting_disk(unsigned int writes)
{
	return (struct counting_disk){.disk = {.ops = &counting_ops,
					       .name = "counting",
					       .size = 260 * MIB,
					       .sector_size = 512},
				      .writes_left = writes};
}

Test(fat32_tree, file_data_are_not_copied)
{
	CLEANUP_FAT32 struct fat32 *fat = make();
	struct counting_disk disk = counting_disk(UINT32_MAX);

	disk.size = 50 * MIB + 100;
	disk.data = calloc(1, disk.size);
	cr_assert_eq(fat32_add(fat, "/large", (uint8_t *)(uintptr_t)disk.data, disk.size, 0, NULL),
		     0);
	cr_assert_eq(fat32_write(fat, &disk.disk, NULL), 0);
	cr_assert_eq(disk.direct_bytes, 50 * MIB);
	cr_assert_lt(disk.other_bytes, MIB);
}

Test(fat32_tree, write_errors_are_passed_on)
{
	CLEANUP_FAT32 struct fat32 *fat = make();
	unsigned int writes = 0;
	int r = -EIO;

	cr_assert_eq(fat32_add(fat, "/EFI/Boot/bootx64.efi", calloc(1, 5000), 5000, 0, NULL), 0);
	cr_assert_eq(fat32_add(fat, "/EFI/x", calloc(1, 100), 100, 0, NULL), 0);
	while (r < 0) {
		struct counting_disk disk = counting_disk(writes++);
		struct error err = ERROR_INIT;

		r = fat32_write(fat, &disk.disk, &err);
		cr_assert_eq(r, err.kind == ERROR_FAILED ? -EIO : 0);
		cr_assert_lt(writes, 1000);
	}
	cr_assert_gt(writes, 8);
}
