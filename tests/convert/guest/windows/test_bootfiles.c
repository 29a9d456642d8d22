/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which boot files go where. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/guest/windows/bootfiles.h"
#include "convert/guest/pe.h"
#include "tests/convert/ntfs/ntfs_image.h"

#define PROGRAM_SIZE 20000

static struct guest_files added;

static char image[256];

static void set_up(void)
{
	if (!image_can_make())
		cr_skip_test("mkntfs is not installed");
	snprintf(image, sizeof(image), "%s/tests/convert/bootfiles-%d.ntfs", BUILD_DIR,
		 (int)getpid());
	image_make(image, 16 * MIB, 4096);
}

static void tear_down(void)
{
	guest_files_done(&added);
	if (image[0])
		unlink(image);
}

static void make_program(uint8_t bytes[PROGRAM_SIZE], uint16_t machine, uint16_t build)
{
	image_pattern(bytes, PROGRAM_SIZE, build);
	memcpy(bytes, "MZ", 2);
	put_le32(bytes + 0x3c, 0x80);
	memcpy(bytes + 0x80, "PE\0", 4);
	put_le16(bytes + 0x84, machine);
	memcpy(bytes + 9000, "V\0S\0_\0V\0E\0R\0S\0I\0O\0N\0_\0I\0N\0F\0O\0\0", 32);
	put_le32(bytes + 9034, 0xfeef04bd);
	put_le32(bytes + 9034 + 8, 10 << 16);
	put_le32(bytes + 9034 + 12, (uint32_t)build << 16 | 1);
}

static void add_program(ntfs_volume *volume, const char *path, uint16_t build)
{
	uint8_t bytes[PROGRAM_SIZE];

	make_program(bytes, PE_MACHINE_X64, build);
	image_add(volume, path, bytes, sizeof(bytes));
}

static void fill(bool with_2023)
{
	ntfs_volume *volume = image_mount(image);
	uint8_t compact[PROGRAM_SIZE];

	add_program(volume, "Windows/Boot/EFI/bootmgfw.efi", 19041);
	add_program(volume, "Windows/Boot/EFI/bootmgr.efi", 19041);
	make_program(compact, PE_MACHINE_X64, 100);
	image_add_wof(volume, "Windows/Boot/EFI/memtest.efi", 0, compact, sizeof(compact));
	image_add(volume, "Windows/Boot/EFI/de-DE/bootmgfw.efi.mui", "de", 2);
	image_add(volume, "Windows/Boot/EFI/winsipolicy.p7b", "policy", 6);
	image_add(volume, "Windows/Boot/EFI/BCD", "regf", 4);
	image_add(volume, "Windows/Boot/EFI/BCD.LOG1", "", 0);
	image_add(volume, "Windows/Boot/Fonts/wgl4_boot.ttf", "font", 4);
	image_add(volume, "Windows/Boot/Resources/bootres.dll", "res", 3);
	image_add(volume, "Windows/Boot/Resources/en-US/bootres.dll.mui", "mui", 3);
	image_add(volume, "Windows/Boot/PCAT/bootmgr", "bios", 4);
	if (with_2023) {
		add_program(volume, "Windows/Boot/EFI_EX/bootmgfw_EX.efi", 26100);
		image_add(volume, "Windows/Boot/EFI_EX/de-DE/bootmgfw_EX.efi.mui", "de-ex", 5);
		image_add(volume, "Windows/Boot/Fonts_EX/wgl4_boot_EX.ttf", "font-ex", 7);
	}
	image_unmount(volume);
}

static int run(enum bootfiles_set set, struct bootfiles_report *report, struct error *err)
{
	const struct windows windows = {.root = "\\Windows"};
	struct disk *disk = image_disk(image, false);
	struct volume *volume;
	int r;

	cr_assert_eq(volume_open(disk, false, &volume, err), 0, "%s", err->message);
	r = bootfiles_add(volume, &windows, set, &added, report, err);
	volume_cleanup(&volume);
	disk_close(disk);
	return r;
}

static const struct guest_file *find(const char *path)
{
	for (size_t i = 0; i < added.count; i++)
		if (strcmp(added.list[i].path, path) == 0)
			return &added.list[i];
	cr_assert_fail("%s is missing", path);
	return NULL;
}

static void expect(const char *path, const char *text)
{
	const struct guest_file *file = find(path);

	cr_assert_eq(file->size, strlen(text));
	cr_assert_eq(memcmp(file->data, text, file->size), 0, "%s", path);
	cr_assert_gt(file->mtime, 1600000000);
}

static void expect_build(const char *path, uint16_t build)
{
	const struct guest_file *file = find(path);
	uint16_t version[4];

	cr_assert(pe_file_version(file->data, file->size, version));
	cr_assert_eq(version[2], build, "%s: build %d", path, version[2]);
}

#define BOOT "/EFI/Microsoft/Boot/"

Test(bootfiles, copies_the_2011_set, .init = set_up, .fini = tear_down)
{
	struct bootfiles_report report;
	struct error err = ERROR_INIT;

	fill(true);
	cr_assert_eq(run(BOOTFILES_AUTO, &report, &err), 0, "%s", err.message);
	cr_assert_eq(added.count, 9);
	expect_build(BOOT "bootmgfw.efi", 19041);
	expect_build("/EFI/Boot/bootx64.efi", 19041);
	expect_build(BOOT "bootmgr.efi", 19041);
	expect_build(BOOT "memtest.efi", 100);
	expect(BOOT "de-DE/bootmgfw.efi.mui", "de");
	expect(BOOT "winsipolicy.p7b", "policy");
	expect(BOOT "Fonts/wgl4_boot.ttf", "font");
	expect(BOOT "Resources/bootres.dll", "res");
	expect(BOOT "Resources/en-US/bootres.dll.mui", "mui");
	cr_assert_eq(report.set, BOOTFILES_2011);
	cr_assert_str_eq(report.version, "10.0.19041.1");
	cr_assert_eq(report.count, 9);
	cr_assert_eq(report.bytes, 4 * PROGRAM_SIZE + 18);
	cr_assert_str_eq(report.files[0].esp_path, "/EFI/Boot/bootx64.efi");
	cr_assert_str_eq(report.files[0].guest_path, "\\Windows\\Boot\\EFI\\bootmgfw.efi");
	bootfiles_report_done(&report);
}

Test(bootfiles, puts_the_2023_set_over_it, .init = set_up, .fini = tear_down)
{
	struct bootfiles_report report;
	struct error err = ERROR_INIT;

	fill(true);
	cr_assert_eq(run(BOOTFILES_2023, &report, &err), 0, "%s", err.message);
	cr_assert_eq(added.count, 9);
	expect_build(BOOT "bootmgfw.efi", 26100);
	expect_build("/EFI/Boot/bootx64.efi", 26100);
	expect_build(BOOT "bootmgr.efi", 19041);
	expect(BOOT "de-DE/bootmgfw.efi.mui", "de-ex");
	expect(BOOT "Fonts/wgl4_boot.ttf", "font-ex");
	cr_assert_eq(report.set, BOOTFILES_2023);
	cr_assert_str_eq(report.version, "10.0.26100.1");
	bootfiles_report_done(&report);
}

Test(bootfiles, refuses_a_set_that_is_not_there, .init = set_up, .fini = tear_down)
{
	struct bootfiles_report report;
	struct error err = ERROR_INIT;
	uint8_t bytes[PROGRAM_SIZE];
	ntfs_volume *volume;

	fill(false);
	cr_assert_lt(run(BOOTFILES_2023, &report, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_NO_EFI_FILES, "%s", err.message);
	cr_assert_eq(report.count, 0);

	image_make(image, 16 * MIB, 4096);
	cr_assert_lt(run(BOOTFILES_AUTO, &report, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_NO_EFI_FILES, "%s", err.message);

	make_program(bytes, PE_MACHINE_ARM64, 1);
	volume = image_mount(image);
	image_add(volume, "Windows/Boot/EFI/bootmgfw.efi", bytes, sizeof(bytes));
	image_unmount(volume);
	cr_assert_lt(run(BOOTFILES_AUTO, &report, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_NO_EFI_FILES, "%s", err.message);
	cr_assert_eq(report.count, 0);
}

Test(bootfiles, limits_size, .init = set_up, .fini = tear_down)
{
	struct bootfiles_report report;
	struct error err = ERROR_INIT;
	ntfs_volume *volume = image_mount(image);

	image_add_sparse(volume, "Windows/Boot/EFI/huge", BOOTFILES_MAX_FILE + 1, NULL, 0);
	image_unmount(volume);
	cr_assert_lt(run(BOOTFILES_AUTO, &report, &err), 0);
	cr_assert_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
	cr_assert(strstr(err.message, "huge"), "%s", err.message);
}

Test(bootfiles, limits_depth, .init = set_up, .fini = tear_down)
{
	struct bootfiles_report report;
	struct error err = ERROR_INIT;
	ntfs_volume *volume = image_mount(image);

	image_add(volume, "Windows/Boot/EFI/1/2/3/4/5/6/7/8/9/x", "x", 1);
	image_unmount(volume);
	cr_assert_lt(run(BOOTFILES_AUTO, &report, &err), 0);
	cr_assert_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
}

Test(bootfiles, knows_its_words)
{
	enum bootfiles_set set = BOOTFILES_2011;

	cr_assert(bootfiles_set_parse("2023", &set));
	cr_assert_eq(set, BOOTFILES_2023);
	cr_assert_not(bootfiles_set_parse("2024", &set));
	cr_assert_eq(set, BOOTFILES_2023);
	cr_assert_str_eq(bootfiles_set_text(BOOTFILES_AUTO), "auto");
}
