/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of a guest that cannot stand on the EFI system partition: damage where it needs them to start, else left out. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "convert/esp.h"
#include "convert/guest/guest.h"

static int refuse_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	(void)disk, (void)buffer, (void)length, (void)offset;
	return error_failed(err, EIO, "read");
}

static int refuse_write(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
			struct error *err)
{
	(void)disk, (void)buffer, (void)length, (void)offset;
	return error_failed(err, EIO, "write");
}

/* What the ESP is written to: the failure shows that all files have found their place. */
static const struct disk_ops no_ops = {.read = refuse_read, .write = refuse_write};

struct file {
	const char *path;
	bool is_optional;
};

/* The ESP with these files; those left out are counted in *ret_left_out. */
static int write_with(const struct file *list, size_t count, size_t *ret_left_out,
		      struct error *err)
{
	CLEANUP_NOTES struct note_list warnings = {.texts = NULL};
	struct plan plan = {.partitions = {{.offset = 0, .length = 256 << 20}}};
	struct disk disk = {.ops = &no_ops, .name = "disk", .size = 256 << 20, .sector_size = 512};
	struct guest_boot boot = {.time = 0};
	uint64_t used;
	int r;

	plan.gpt.sector_size = 512;
	for (size_t i = 0; i < count; i++)
		cr_assert_eq(guest_files_add(&boot.files, list[i].path, NULL, 0, 0, err), 0);
	for (size_t i = 0; i < count; i++)
		boot.files.list[i].is_optional = list[i].is_optional;
	r = esp_write(&plan, &boot, &disk, &warnings, &used, err);
	*ret_left_out = warnings.count;
	guest_files_done(&boot.files);
	return r;
}

static void expect_damage(const struct file *list, size_t count, const char *text)
{
	struct error err = ERROR_INIT;
	size_t left_out;

	cr_assert_lt(write_with(list, count, &left_out, &err), 0);
	cr_expect_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
	cr_expect_eq(left_out, 0);
	cr_expect_not_null(strstr(err.message, text), "%s", err.message);
}

static void expect_left_out(const struct file *list, size_t count, size_t expected)
{
	struct error err = ERROR_INIT;
	size_t left_out;

	cr_assert_lt(write_with(list, count, &left_out, &err), 0);
	cr_expect_str_eq(err.message, "write");
	cr_expect_eq(left_out, expected);
}

Test(esp, name_that_fat_cannot_hold)
{
	static const struct file needed[] = {{"/EFI/Microsoft/Boot/en-US/a\x01.mui", false}};
	static const struct file optional[] = {{"/EFI/Microsoft/Boot/en-US/a\x01.mui", true},
					       {"/EFI/Microsoft/Boot/Fonts/cht*boot.ttf", true},
					       {"/EFI/a<b/c.mui", true},
					       {"/EFI/c.mui", true}};

	expect_damage(needed, 1, "/en-US/a");
	expect_left_out(optional, 4, 3);
}

Test(esp, names_that_differ_in_case_alone)
{
	static const struct file needed[] = {{"/EFI/a.mui", false}, {"/EFI/A.MUI", false}};
	static const struct file optional[] = {{"/EFI/a.mui", true}, {"/EFI/A.MUI", true}};

	expect_damage(needed, 2, "/EFI/A.MUI");
	expect_left_out(optional, 2, 1);
}

/* What is not needed gives way, also when it comes first. */
Test(esp, a_folder_where_a_needed_file_stands)
{
	static const struct file list[] = {{"/EFI/Microsoft/Boot/BCD/x.mui", true},
					   {"/EFI/Microsoft/Boot/BCD", false}};

	expect_left_out(list, 2, 1);
}

/* A guest can have thousands of them. */
Test(esp, warnings_are_bounded)
{
	static struct file list[500];

	for (size_t i = 0; i < 500; i++)
		list[i] = (struct file){"/EFI/a*b", true};
	expect_left_out(list, 500, 21);
}
