/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of a guest that cannot stand on the EFI system partition: damage of the guest, not a failure. */
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

/* What the ESP is written to; nothing gets that far. */
static const struct disk_ops no_ops = {.read = refuse_read};

static int write_with(const char *const *paths, size_t count, struct error *err)
{
	struct plan plan = {.partitions = {{.offset = 0, .length = 256 << 20}}};
	struct disk disk = {.ops = &no_ops, .name = "disk", .size = 256 << 20, .sector_size = 512};
	struct guest_boot boot = {.time = 0};
	uint64_t used;
	int r;

	plan.gpt.sector_size = 512;
	for (size_t i = 0; i < count; i++)
		cr_assert_eq(guest_files_add(&boot.files, paths[i], NULL, 0, 0, err), 0);
	r = esp_write(&plan, &boot, &disk, &used, err);
	guest_files_done(&boot.files);
	return r;
}

Test(esp, name_that_fat_cannot_hold)
{
	static const char *const paths[] = {"/EFI/Microsoft/Boot/en-US/a\x01.mui"};
	struct error err = ERROR_INIT;

	cr_assert_lt(write_with(paths, 1, &err), 0);
	cr_expect_eq(err.kind, ERROR_DAMAGED);
	cr_expect_not_null(strstr(err.message, "/en-US/a"), "%s", err.message);
}

Test(esp, names_that_differ_in_case_alone)
{
	static const char *const paths[] = {"/EFI/a.mui", "/EFI/A.MUI"};
	struct error err = ERROR_INIT;

	cr_assert_lt(write_with(paths, 2, &err), 0);
	cr_expect_eq(err.kind, ERROR_DAMAGED);
}
