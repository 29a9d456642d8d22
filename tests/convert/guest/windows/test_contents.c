/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files of a system partition are Windows' own, and which are somebody's. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/guest/windows/contents.h"
#include "tests/convert/ntfs/ntfs_image.h"
#include "tests/support/scratch.h"

static char image[256];

static void set_up(void)
{
	if (!image_can_make())
		cr_skip_test("mkntfs is not installed");
	snprintf(image, sizeof(image), "%s/tests/convert/contents-%d.ntfs", BUILD_DIR,
		 (int)getpid());
	image_make(image, 16 * MIB, 4096);
}

static void tear_down(void)
{
	if (image[0])
		unlink(image);
}

TestSuite(contents, .init = set_up, .fini = tear_down);

static void add_all(const char *const *paths, size_t count)
{
	ntfs_volume *volume = image_mount(image);

	for (size_t i = 0; i < count; i++)
		image_add(volume, paths[i], "x", 1);
	image_unmount(volume);
}

static void read_all(struct guest_contents *contents)
{
	struct disk *disk = image_disk(image, false);
	const struct volume_place place = {.number = 1, .length = disk->size};
	CLEANUP_FILES struct files *files = NULL;
	struct error err = ERROR_INIT;

	cr_assert_eq(files_open_at(disk, &place, &files, &err), 0, "%s", err.message);
	cr_assert_eq(contents_read(files, contents, &err), 0, "%s", err.message);
	files_cleanup(&files);
	disk_close(disk);
}

/* What bcdboot, Windows Setup and the Windows of 7 to 11 and of the servers put there. */
Test(contents, of_windows)
{
	static const char *const paths[] = {
		"bootmgr",
		"BOOTNXT",
		"BOOTSECT.BAK",
		"$WINRE_BACKUP_PARTITION.MARKER",
		"Boot/BCD",
		"Boot/BCD.LOG",
		"Boot/BCD.LOG1",
		"Boot/BCD.LOG2",
		"Boot/BOOTSTAT.DAT",
		"Boot/bootuwf.dll",
		"Boot/bootvhd.dll",
		"Boot/memtest.exe",
		"Boot/updaterevokesipolicy.p7b",
		"Boot/bg-BG/bootmgr.exe.mui",
		"Boot/sr-Latn-RS/bootmgr.exe.mui",
		"Boot/qps-ploc/memtest.exe.mui",
		"Boot/qps-plocm/bootmgr.exe.mui",
		"Boot/Fonts/chs_boot.ttf",
		"Boot/Fonts/segoen_slboot.ttf",
		"Boot/Resources/bootres.dll",
		"Boot/Resources/en-US/bootres.dll.mui",
		"EFI/Boot/bootx64.efi",
		"EFI/Microsoft/Boot/bootmgfw.efi",
		"EFI/Microsoft/Boot/BCD",
		"EFI/Microsoft/Boot/de-DE/bootmgfw.efi.mui",
		"EFI/Microsoft/Boot/kd_02_8086.dll",
		"EFI/Microsoft/Boot/winsipolicy.p7b",
		"EFI/Microsoft/Recovery/BCD.LOG1",
		"System Volume Information/tracking.log",
		"System Volume Information/SPP/OnlineMetadataCache/{0f1c0000-0000}_OnDiskSnapshotProp",
		"$RECYCLE.BIN/S-1-5-21-1-2-3-500/desktop.ini",
	};
	struct guest_contents contents = {.others = {0}};

	add_all(paths, ARRAY_SIZE(paths));
	read_all(&contents);
	cr_assert_eq(contents.others.count, 0, "%s", contents.others.texts[0]);
	cr_assert_eq(contents.own.count, ARRAY_SIZE(paths));
	guest_contents_done(&contents);
}

/* One at a time, beside a boot manager. */
Test(contents, of_somebody_else)
{
	static const char *const paths[] = {
		"$Save/a.txt",
		"$Extend/my documents/secret.txt",
		"$Extend/$Mine",
		"$Extend/$Deleted/secret.txt",
		"$Extend/$RmMetadata/notes.txt",
		"$MFT.txt",
		"$Bootx",
		"notes.txt",
		"bootmgr.bak",
		"Boot/notes.txt",
		"Boot/BCD.bak",
		"Boot/BCD.LOG3",
		"Boot/en-US/notes.txt",
		"Boot/en-US/deep/bootmgr.exe.mui",
		"Boot/Fonts/letter.doc",
		"Boot/Fonts/x/y_boot.ttf",
		"Boot/Resources/en-US/a/bootres.dll.mui",
		"Boot/customers/bootmgr.exe.mui",
		"Boot/macrium/winpe.wim",
		"EFI/ubuntu/shimx64.efi",
		"EFI/Boot/grubx64.efi",
		"EFI/Microsoft/Boot/notes.txt",
		"Boot/Boot/BCD",
		"System Volume Information.zip",
		"$RECYCLE.BIN/S-1-5-21-1-2-3-500/$R1A2B3C.txt",
		"$RECYCLE.BIN/S-1-5-21-1-2-3-500/$I1A2B3C.txt",
		"Recovery/WindowsRE/Winre.wim",
		"grldr",
		"bootmgr2/bootmgr",
	};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const char *const both[] = {"bootmgr", paths[i]};
		struct guest_contents contents = {.others = {0}};
		char text[256];

		image_make(image, 16 * MIB, 4096);
		add_all(both, 2);
		read_all(&contents);
		snprintf(text, sizeof(text), "\\%s", paths[i]);
		for (char *at = text; *at; at++)
			*at = *at == '/' ? '\\' : *at;
		cr_assert_eq(contents.others.count, 1, "%s", paths[i]);
		cr_assert_str_eq(contents.others.texts[0], text);
		cr_assert_eq(contents.own.count, 1);
		guest_contents_done(&contents);
	}
}

static void expect_others(size_t count, const char *words)
{
	struct guest_contents contents = {.others = {0}};

	read_all(&contents);
	cr_assert_eq(contents.others.count, count, "%zu instead of %zu", contents.others.count,
		     count);
	cr_assert_not_null(strstr(contents.others.texts[0], words), "'%s' lacks '%s'",
			   contents.others.texts[0], words);
	guest_contents_done(&contents);
}

Test(contents, streams_behind_the_names_of_boot_files)
{
	static const char *const paths[] = {"bootmgr", "Boot/BCD"};
	static const char *const streamed[] = {"bootmgr", "Boot/BCD", "Boot", "/"};

	for (size_t i = 0; i < ARRAY_SIZE(streamed); i++) {
		ntfs_volume *volume;

		image_make(image, 16 * MIB, 4096);
		add_all(paths, ARRAY_SIZE(paths));
		volume = image_mount(image);
		image_add_stream(volume, streamed[i], "hidden", "secret", 6);
		image_unmount(volume);
		expect_others(1, "named stream");
	}
}

/* Any boot manager has the name of the fallback; only a boot sector is saved as one. */
Test(contents, what_only_the_names_say)
{
	static const char *const paths[] = {"EFI/Boot/bootx64.efi",
					    "EFI/Microsoft/Boot/bootmgfw.efi"};
	CLEANUP_FREE uint8_t *large = calloc(1, MIB);
	ntfs_volume *volume = image_mount(image);

	image_add(volume, paths[0], "GRUB", 4);
	image_unmount(volume);
	expect_others(1, "\\EFI\\Boot\\bootx64.efi (not a copy of");
	volume = image_mount(image);
	image_add(volume, paths[1], "GRUb", 4);
	image_unmount(volume);
	expect_others(1, "\\EFI\\Boot\\bootx64.efi (not a copy of");
	image_make(image, 16 * MIB, 4096);
	volume = image_mount(image);
	image_add(volume, "BOOTSECT.BAK", large, MIB);
	image_unmount(volume);
	expect_others(1, "\\BOOTSECT.BAK (");
}

Test(contents, more_than_anybody_looks_at)
{
	ntfs_volume *volume = image_mount(image);
	char path[64];

	image_add(volume, "bootmgr", "x", 1);
	image_add(volume, "Boot/a folder/x", "x", 1);
	for (int i = 0; i < 5000; i++) {
		snprintf(path, sizeof(path), "System Volume Information/%d", i);
		image_add(volume, path, "", 0);
	}
	image_unmount(volume);
	expect_others(2, "\\Boot\\a folder\\x");
}

/* On FAT an entry can have a name that no path leads to. */
Test(contents, fat_names_that_lead_elsewhere)
{
	static const char *const names[] = {"           ", "A\\B        ", "BOOTMGR    "};
	size_t size, at = 0;

	if (!tool_exists("mkfs.fat") || !tool_exists("mcopy"))
		cr_skip_test("dosfstools or mtools is not installed");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_FREE uint8_t *bytes = NULL;

		cr_assert_eq(
			tool_run(
				NULL,
				"export MTOOLS_SKIP_CHECK=1; rm -f %s; truncate -s 2M %s &&"
				"mkfs.fat -F 12 %s && echo 1 >%s.f && mcopy -i %s %s.f ::BOOTMGR &&"
				"mcopy -i %s %s.f ::VICTIM && rm %s.f",
				image, image, image, image, image, image, image, image, image),
			0);
		bytes = file_read(image, &size);
		for (at = 0; memcmp(bytes + at, "VICTIM     ", 11) != 0; at += 32)
			cr_assert_lt(at, size - 32);
		memcpy(bytes + at, names[i], 11);
		file_write(image, bytes, size);
		expect_others(i == 2 ? 2 : 1, "not its own");
	}
}

/* Two names that differ only in case, as other systems can make them: which one is Windows' own? */
Test(contents, names_that_differ_only_in_case)
{
	static const char *const paths[] = {"Boot/BCD", "bootmgr", "BOOTMGR"};

	add_all(paths, ARRAY_SIZE(paths));
	expect_others(2, "not its own");
}
