/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of files for the ESP. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#include "convert/guest/files.h"

Test(guest_files, keeps_files_in_order_and_takes_their_data)
{
	struct guest_files files = {.list = NULL};
	struct error err = ERROR_INIT;

	cr_assert_eq(guest_files_add(&files, "/one", calloc(1, 3), 3, 17, &err), 0);
	cr_assert_eq(guest_files_add(&files, "/empty", NULL, 0, 18, &err), 0);
	cr_assert_eq(files.count, 2);
	cr_assert_str_eq(files.list[0].path, "/one");
	cr_assert_eq(files.list[0].size, 3);
	cr_assert_eq(files.list[1].mtime, 18);
	guest_files_done(&files);
	cr_assert_eq(files.count, 0);
}

Test(guest_files, data_that_could_not_be_made_are_no_memory)
{
	struct guest_files files = {.list = NULL};
	struct error err = ERROR_INIT;

	cr_assert_eq(guest_files_add(&files, "/lost", NULL, 65536, 0, &err), -ENOMEM);
	cr_assert_eq(err.kind, ERROR_FAILED);
	cr_assert_eq(files.count, 0);
	guest_files_done(&files);
}
