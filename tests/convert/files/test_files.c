/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same files on NTFS and on FAT give the same answers. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/files/files.h"
#include "tests/convert/ntfs/ntfs_image.h"
#include "tests/support/scratch.h"

static char image[256];

static void set_up(void)
{
	if (!image_can_make() || !tool_exists("mkfs.fat") || !tool_exists("mcopy"))
		cr_skip_test("mkntfs, dosfstools or mtools is not installed");
	snprintf(image, sizeof(image), "%s/tests/convert/files-%d.img", BUILD_DIR, (int)getpid());
}

static void tear_down(void)
{
	if (image[0])
		unlink(image);
}

TestSuite(files, .init = set_up, .fini = tear_down);

static void make_ntfs(void)
{
	ntfs_volume *volume;

	image_make(image, 16 * MIB, 4096);
	volume = image_mount(image);
	image_add(volume, "Boot/BCD", "regf", 4);
	image_add(volume, "Boot/bcd.LOG", "", 0);
	image_add(volume, "bootmgr", "MZ", 2);
	image_add(volume, "BOOTNXT", "1", 1);
	image_unmount(volume);
}

static void make_fat(void)
{
	char *output;

	cr_assert_eq(tool_run(&output,
			      "export MTOOLS_SKIP_CHECK=1; rm -rf %s %s.d; mkdir -p %s.d/Boot &&"
			      "truncate -s 4M %s && mkfs.fat -n SYSTEM -F 12 %s && cd %s.d &&"
			      "printf regf >Boot/BCD && : >Boot/bcd.LOG && printf MZ >bootmgr &&"
			      "printf 1 >BOOTNXT && mcopy -s -i %s * :: && rm -r %s.d",
			      image, image, image, image, image, image, image, image),
		     0, "%s", output);
	free(output);
}

static void expect_names(struct files *files, const char *path, const char *const *names)
{
	struct files_entry *entries;
	size_t count;

	cr_assert_eq(files_list(files, path, &entries, &count, NULL), 0);
	for (size_t i = 0; i < count; i++)
		cr_assert_str_eq(entries[i].name, names[i] ? names[i] : "nothing");
	cr_assert_null(names[count]);
	cr_assert(path[1] || entries[0].is_folder);
	files_entries_free(entries, count);
}

/* NTFS has a folder of its own beside them. */
static void expect_answers(const char *label, bool has_extend)
{
	static const char *const root[] = {"$Extend", "Boot", "bootmgr", "BOOTNXT", NULL};
	static const char *const boot[] = {"BCD", "bcd.LOG", NULL};
	struct disk *disk = scratch_open(image, 512);
	const struct volume_place place = {.number = 1, .length = disk->size};
	CLEANUP_FILES struct files *files = NULL;
	struct error err = ERROR_INIT;
	bool is_folder = false, more = true;
	uint8_t *data;
	size_t size;

	cr_assert_eq(files_open_at(disk, &place, &files, &err), 0, "%s", err.message);
	cr_assert_str_eq(files_label(files), label);
	expect_names(files, "\\", has_extend ? root : root + 1);
	expect_names(files, "\\boot", boot);
	cr_assert_eq(files_find(files, "\\BOOT", &is_folder, NULL), 0);
	cr_assert(is_folder);
	cr_assert(files_exist(files, "\\boot\\bcd"));
	cr_assert_not(files_exist(files, "\\boot\\bcd2"));
	cr_assert_not(files_exist(files, "\\bootmgr\\bcd"));
	cr_assert_eq(files_read(files, "/Boot/bcd", 4, &data, &size, NULL), 0);
	cr_assert_eq(size, 4);
	free(data);
	cr_assert_eq(files_read(files, "/Boot/bcd", 3, &data, &size, &err), -EUCLEAN);
	cr_assert_eq(files_read(files, "/Boot", 3, &data, &size, &err), -EUCLEAN);
	cr_assert_eq(files_holds_more(files, "\\bootmgr", &more, NULL), 0);
	cr_assert_not(more);
	files_cleanup(&files);
	disk_close(disk);
}

Test(files, on_ntfs)
{
	make_ntfs();
	expect_answers("Prüfung", true);
}

Test(files, on_fat)
{
	make_fat();
	expect_answers("SYSTEM", false);
}

Test(files, on_nothing_that_is_known)
{
	struct disk *disk = scratch_new(image, MIB, 512);
	const struct volume_place place = {.number = 1, .length = disk->size};
	struct error err = ERROR_INIT;
	struct files *files;

	cr_assert_eq(files_open_at(disk, &place, &files, &err), -EUCLEAN);
	cr_assert_not_null(strstr(err.message, "(empty)"), "%s", err.message);
	disk_close(disk);
}
