/* SPDX-License-Identifier: GPL-3.0-or-later */
/* os-release(5), whose foreign reader is sh, and the files of older distributions. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/os_release.h"
#include "tests/convert/guest/linux/parse/fixture.h"
#include "tests/support/scratch.h"

TestSuite(linux_os_release);

static int parse(const struct file_bytes *file, struct error *err)
{
	struct os_release release;

	return os_release_parse(file, &release, err);
}

Test(linux_os_release, as_sh_reads_it)
{
	static const char *const names[] = {"debian", "rocky", "odd"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_FREE char *path = NULL, *said = NULL, *ours = NULL;
		struct os_release got;
		int r = asprintf(&path, CORPUS "os_release/%s", names[i]);
		CLEANUP_FIXTURE struct file_bytes file = fixture_read(path);

		cr_assert_gt(r, 0);
		cr_assert_eq(os_release_parse(&file, &got, NULL), 0);
		/* sh takes "ID=a\ b" as one value, and the last one of a name */
		r = tool_run(&said,
			     "sh -c '. %s; printf \"%%s|%%s|%%s|%%s\" \"$ID\" \"$ID_LIKE\" "
			     "\"$VERSION_ID\" \"$PRETTY_NAME\"'",
			     path);
		cr_assert_eq(r, 0, "%s", said);
		r = asprintf(&ours, "%s|%s|%s|%s", got.id, got.id_like, got.version_id,
			     got.pretty_name);
		cr_assert_gt(r, 0);
		cr_expect_str_eq(ours, said);
		fixture_cuts(&file, parse);
	}
}

Test(linux_os_release, an_empty_one_is_linux)
{
	CLEANUP_FIXTURE struct file_bytes file = fixture_text("no assignment\n=x\n1ID=y\n# ID=z\n");
	struct os_release got;

	cr_assert_eq(os_release_parse(&file, &got, NULL), 0);
	cr_expect_str_eq(got.id, "linux");
	cr_expect_str_eq(got.pretty_name, "Linux");
	cr_expect_str_eq(got.version_id, "");
}

Test(linux_os_release, damage_names_its_line)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"\nID=\"debian\n", "'text': line 2: the quote behind ID= does not end"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FIXTURE struct file_bytes file = fixture_text(cases[i].text);
		struct os_release got;
		struct error err = ERROR_INIT;

		cr_expect_lt(os_release_parse(&file, &got, &err), 0);
		fixture_is_damaged(&err, cases[i].message);
	}
}

Test(linux_os_release, a_long_value_is_cut)
{
	CLEANUP_FIXTURE struct file_bytes file = fixture_text(
		"ID=0123456789012345678901234567890123456789012345678901234567890123456789\n"
		"VERSION_ID=12\n");
	struct os_release got;

	cr_assert_eq(os_release_parse(&file, &got, NULL), 0);
	cr_expect_eq(strlen(got.id), sizeof(got.id) - 1);
	cr_expect_str_eq(got.version_id, "12");
}

Test(linux_os_release, zeros_of_a_crash_are_damage)
{
	const struct file_bytes file = {(const uint8_t *)"ID=x\n\0\0", 7, "zeros"};
	struct os_release got;
	struct error err = ERROR_INIT;

	cr_expect_lt(os_release_parse(&file, &got, &err), 0);
	fixture_is_damaged(&err, "'zeros' is no text: a NUL stands at offset 5");
}

Test(linux_os_release, older_distributions)
{
	static const struct {
		enum os_release_kind kind;
		const char *text, *id, *version, *name;
	} cases[] = {
		{OS_RELEASE_REDHAT, "CentOS Linux release 7.9.2009 (Core)\n", "centos", "7.9.2009",
		 "CentOS Linux release 7.9.2009 (Core)"},
		{OS_RELEASE_REDHAT, "Red Hat Enterprise Linux Server release 6.10 (Santiago)",
		 "rhel", "6.10", "Red Hat Enterprise Linux Server release 6.10 (Santiago)"},
		{OS_RELEASE_REDHAT, "Something release 3\n", "linux", "3", "Something release 3"},
		{OS_RELEASE_SUSE,
		 "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n", "sles",
		 "11.4", "SUSE Linux Enterprise Server 11 (x86_64)"},
		{OS_RELEASE_SUSE, "openSUSE 13.1 (x86_64)\nVERSION = 13.1\n", "opensuse", "13.1",
		 "openSUSE 13.1 (x86_64)"},
		{OS_RELEASE_DEBIAN, "7.11\n", "debian", "7.11", "Debian GNU/Linux 7.11"},
		{OS_RELEASE_DEBIAN, "trixie/sid\n", "debian", "", "Debian GNU/Linux trixie/sid"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FIXTURE struct file_bytes file = fixture_text(cases[i].text);
		struct os_release got;

		cr_assert_eq(os_release_from_text(cases[i].kind, &file, &got, NULL), 0);
		cr_expect_str_eq(got.id, cases[i].id);
		cr_expect_str_eq(got.version_id, cases[i].version);
		cr_expect_str_eq(got.pretty_name, cases[i].name);
	}
}

Test(linux_os_release, an_empty_older_one_is_damaged)
{
	CLEANUP_FIXTURE struct file_bytes file = fixture_text("\n");
	struct os_release got;
	struct error err = ERROR_INIT;

	cr_expect_lt(os_release_from_text(OS_RELEASE_REDHAT, &file, &got, &err), 0);
	fixture_is_damaged(&err, "'text': line 1 has 0 bytes");
}

Test(linux_os_release, likeness)
{
	const struct os_release release = {.id = "rocky", .id_like = "rhel centos fedora"};

	cr_expect(os_release_is_like(&release, "rocky"));
	cr_expect(os_release_is_like(&release, "centos"));
	cr_expect(os_release_is_like(&release, "fedora"));
	cr_expect_not(os_release_is_like(&release, "cent"));
	cr_expect_not(os_release_is_like(&release, ""));
	cr_expect_not(os_release_is_like(&release, "rhel centos"));
}
