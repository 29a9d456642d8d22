/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What grub-fstest 2.06 prints, taken down from it, and what a guest may make it print. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "convert/linux_files/grub_words.h"
#include "convert/linux_files/linux_files.h"

TestSuite(grub_words, .timeout = 60);

static int names_in(const char *text, size_t *ret_count, char ***ret_names, struct error *err)
{
	return grub_words_names(text, strlen(text), ret_names, ret_count, err);
}

Test(grub_words, names_of_a_folder)
{
	static const char *const expected[] = {"grub",	    ".hidden", "a name with 3 words",
					       "vmlinuz-6", "x",       "20260101000000 y"};
	struct error err = ERROR_INIT;
	char **names = NULL;
	size_t count = 0;

	cr_assert_eq(names_in("DIR          20261128183538 ./\n"
			      "DIR          20261128183538 ../\n"
			      "DIR          20261128183538 grub/\n"
			      "0            20261128183538 .hidden\n"
			      "5            19011213204552 a name with 3 words\n"
			      "8211136      20261128183538 vmlinuz-6\n"
			      "123456789012345 248607021600000 x\n"
			      "1            20261128183538 20260101000000 y\n"
			      "\n",
			      &count, &names, &err),
		     0, "%s", err.message);
	cr_assert_eq(count, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < count; i++)
		cr_expect_str_eq(names[i], expected[i]);
	linux_files_names_free(names, count);
	cr_assert_eq(names_in("\n", &count, &names, &err), 0);
	cr_expect_eq(count, 0);
	linux_files_names_free(names, count);
	cr_assert_eq(names_in("", &count, &names, &err), 0);
	cr_expect_eq(count, 0);
	linux_files_names_free(names, count);
}

Test(grub_words, names_that_cannot_be_told)
{
	static const char *const odd[] = {
		"1            20261128183538 new\nline\n",
		"a b c\n",
		"12\n",
		"12 \n",
		"12 20261128183538\n",
		"12 20261128183538 \n",
		"12 2026 name\n",
		"DIR 20261128183538 /\n",
		"1 20261128183538 a/b\n",
		"-1 20261128183538 a\n",
	};
	char long_name[400], **names = NULL;
	struct error err = ERROR_INIT;
	size_t count = 0;

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		cr_expect_eq(names_in(odd[i], &count, &names, &err), -EUCLEAN, "%s", odd[i]);
		cr_expect_eq(err.kind, ERROR_DAMAGED);
	}
	memset(long_name, 'x', sizeof(long_name));
	memcpy(long_name, "1 20261128183538 ", 17);
	long_name[17 + 256] = '\0';
	cr_expect_eq(names_in(long_name, &count, &names, &err), -EUCLEAN);
	cr_expect_eq(grub_words_names("1 20261128183538 a\0b\n", 21, &names, &count, &err),
		     -EUCLEAN);
}

#define X20 "xxxxxxxxxxxxxxxxxxxx"
#define X80 X20 X20 X20 X20

Test(grub_words, errors)
{
	static const struct {
		const char *said;
		int code;
	} all[] = {
		{"cannot open `(loop0,msdos1)/etc': not a regular file.", EISDIR},
		{"cannot open `(loop0,msdos1)/x': file `/x' not found.", ENOENT},
		{"cannot open `(loop0,msdos1)/f/x': not a directory.", ENOTDIR},
		{"cannot open `(loop0,msdos1)/a': too deep nesting of symlinks.", ELOOP},
		{"cannot open `(loop0,msdos1)/x': ../../grub-core/fs/fshelp.c:257:file `/x' not found.",
		 ENOENT},
		{"cannot open `(loop0,msdos1)/x': ../../grub-core/fs/fshelp.c:find_file:257:not a "
		 "directory.",
		 ENOTDIR},
		{"cannot open it: file `/" X80 X80 X80 ".", ENOENT},
		{"cannot open it: file `/x.", 0},
		{"cannot open `(loop0,msdos9)/x': no such partition.", 0},
		{"cannot open `(lvm/no-thing)/x': disk `lvm/no-thing' not found.", 0},
		{"cannot open `(loop0,msdos1)/x': unknown filesystem.", 0},
		{"", 0},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct error err = ERROR_INIT;
		int r = grub_words_error(all[i].said, "/x", &err);

		cr_expect_eq(r, all[i].code ? -all[i].code : -EUCLEAN, "%s", all[i].said);
		cr_expect_eq(err.kind, all[i].code ? ERROR_FAILED : ERROR_DAMAGED);
		cr_expect(!error_is_of_host(&err), "%s", all[i].said);
	}
}

Test(grub_words, what_is_on_a_device)
{
	static const char xfs[] = "\tPartition loop0,msdos1: Filesystem type xfs, UUID "
				  "8fc1620e-d942-4847-be4e-5364bc0db6ef - Partition start at "
				  "1024KiB - Total size 320000KiB\n";
	static const char label[] =
		"\tDevice mduuid/00: Filesystem type ext* - Label `, UUID 0' - Last modification "
		"time 2026-11-28 18:35:38 Saturday, UUID 5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8 - "
		"Total size 1KiB\n";
	static const char *const none[] = {
		"", "\tPartition loop0,msdos5: No known filesystem detected - Total size 1KiB\n",
		"\tDevice x: Filesystem type fat, UUID 1234-ABCD - Total size 1KiB\n",
		"\tDevice x: Filesystem type xfs - Total size 1KiB\n",
		"\tDevice x: Filesystem type xfs, UUID 8fc1\n"};
	struct linux_volume_id id;

	grub_words_probe(xfs, &id);
	cr_expect_eq(id.contents, LINUX_XFS);
	cr_expect_str_eq(id.uuid, "8fc1620e-d942-4847-be4e-5364bc0db6ef");
	grub_words_probe(label, &id);
	cr_expect_eq(id.contents, LINUX_EXT);
	cr_expect_str_eq(id.uuid, "5a9d1c3e-7b20-4e11-9c55-3f0a12b4c6d8");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		grub_words_probe(none[i], &id);
		cr_expect_eq(id.contents, LINUX_NOTHING, "%s", none[i]);
		cr_expect_str_eq(id.uuid, "");
	}
}
