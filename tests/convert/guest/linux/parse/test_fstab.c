/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fstab, whose foreign reader is util-linux' findmnt. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "convert/guest/linux/parse/fstab.h"
#include "tests/convert/guest/linux/parse/fixture.h"
#include "tests/support/scratch.h"

TestSuite(linux_fstab);

static int parse(const struct file_bytes *file, struct error *err)
{
	CLEANUP_FSTAB struct fstab fstab;

	return fstab_parse(file, &fstab, err);
}

/* As findmnt --pairs shows a value: quotes and backslashes as \xNN. */
static void add_pair(struct buffer *text, const char *name, const char *value, char end)
{
	buffer_printf(text, "%s=\"", name);
	for (; *value; value++) {
		if (strchr("\"\\`$", *value) || (unsigned char)*value < ' ')
			buffer_printf(text, "\\x%02x", (unsigned int)(unsigned char)*value);
		else
			buffer_fill(text, (uint8_t)*value, 1);
	}
	buffer_printf(text, "\"%c", end);
}

static char *as_pairs(const struct fstab *fstab)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;

	for (size_t i = 0; i < fstab->count; i++) {
		add_pair(&text, "SOURCE", fstab->list[i].source, ' ');
		add_pair(&text, "TARGET", fstab->list[i].target, ' ');
		add_pair(&text, "FSTYPE", fstab->list[i].type, ' ');
		add_pair(&text, "OPTIONS", fstab->list[i].options, '\n');
	}
	return buffer_take_text(&text);
}

Test(linux_fstab, as_findmnt_reads_it)
{
	static const char *const names[] = {"debian", "rhel"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP_FREE char *path = NULL, *said = NULL, *ours = NULL;
		CLEANUP_FSTAB struct fstab fstab = FSTAB_INIT;
		int r = asprintf(&path, CORPUS "fstab/%s", names[i]);
		CLEANUP_FIXTURE struct file_bytes file = fixture_read(path);

		cr_assert_gt(r, 0);
		cr_assert_eq(fstab_parse(&file, &fstab, NULL), 0);
		ours = as_pairs(&fstab);
		r = tool_run(
			&said,
			"findmnt --fstab --tab-file %s --pairs -o SOURCE,TARGET,FSTYPE,OPTIONS",
			path);
		cr_assert_eq(r, 0, "%s", said);
		cr_expect_str_eq(ours, said);
		fixture_cuts(&file, parse);
	}
}

Test(linux_fstab, odd_lines)
{
	static const char *const expected[] = {
		"LABEL=data|/srv/with a space|ext4|defaults,nofail,x-systemd.device-timeout=5s",
		"/dev/sdb1|/mnt\ttab/|ext3|defaults",
		"server:/export/home|/home|nfs4|rw,_netdev",
		"//server/share|/mnt/share|cifs|credentials=/root/a\\b,noauto",
		"tmpfs|/tmp|tmpfs|size=1G",
		"PARTUUID=8a3f21c7-01|/boot/|ext2|subvol=@/boot,ro",
		"/dev/hda5|swap|swap|pri=-1",
	};
	CLEANUP_FIXTURE struct file_bytes file = fixture_read(CORPUS "fstab/odd");
	CLEANUP_FSTAB struct fstab fstab = FSTAB_INIT;

	cr_assert_eq(fstab_parse(&file, &fstab, NULL), 0);
	cr_assert_eq(fstab.count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < fstab.count; i++) {
		const struct fstab_entry *entry = &fstab.list[i];
		CLEANUP_FREE char *got = NULL;

		cr_assert_gt(asprintf(&got, "%s|%s|%s|%s", entry->source, entry->target,
				      entry->type, entry->options),
			     0);
		cr_expect_str_eq(got, expected[i]);
	}
	cr_expect_eq(fstab.list[2].line, 4);
	fixture_cuts(&file, parse);
}

/* The same targets and types, where findmnt shows them (it looks for the devices of tags). Of a line
 * without a target that of util-linux 2.41 dies. */
Test(linux_fstab, odd_targets_as_findmnt_has_them)
{
	CLEANUP_FIXTURE struct file_bytes file = fixture_read(CORPUS "fstab/odd");
	CLEANUP_FSTAB struct fstab fstab = FSTAB_INIT;
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	CLEANUP_FREE char *said = NULL, *ours = NULL;

	cr_assert_eq(fstab_parse(&file, &fstab, NULL), 0);
	for (size_t i = 0; i < fstab.count; i++) {
		add_pair(&text, "TARGET", fstab.list[i].target, ' ');
		add_pair(&text, "FSTYPE", fstab.list[i].type, '\n');
	}
	ours = buffer_take_text(&text);
	cr_assert_eq(tool_run(&said,
			      "sed '/^alone$/d' %s >odd.fstab && "
			      "findmnt --fstab --tab-file odd.fstab --pairs -o TARGET,FSTYPE",
			      file.name),
		     0);
	cr_expect_str_eq(ours, said);
}

Test(linux_fstab, finding)
{
	CLEANUP_FIXTURE struct file_bytes file = fixture_read(CORPUS "fstab/odd");
	CLEANUP_FSTAB struct fstab fstab = FSTAB_INIT;
	const struct fstab_entry *boot;

	cr_assert_eq(fstab_parse(&file, &fstab, NULL), 0);
	boot = fstab_find(&fstab, "/boot");
	cr_assert_not_null(boot);
	cr_expect_str_eq(boot->type, "ext2");
	cr_expect(fstab_has_option(boot, "subvol"));
	cr_expect(fstab_has_option(boot, "ro"));
	cr_expect_not(fstab_has_option(boot, "r"));
	cr_expect_not(fstab_has_option(boot, ""));
	cr_expect_null(fstab_find(&fstab, "/"));
	cr_expect_not_null(fstab_find(&fstab, "/tmp/"));
}

/* As in libmount, "\\000" is the end of a text. */
Test(linux_fstab, words_that_end_at_once)
{
	CLEANUP_FIXTURE struct file_bytes file =
		fixture_text("a /x\\000y \\000 \\000,ro\n\\000 / ext4\na \\000 ext4\n");
	CLEANUP_FSTAB struct fstab fstab = FSTAB_INIT;

	cr_assert_eq(fstab_parse(&file, &fstab, NULL), 0);
	cr_assert_eq(fstab.count, 2);
	cr_expect_str_eq(fstab.list[0].target, "/x");
	cr_expect_str_eq(fstab.list[0].type, "auto");
	cr_expect_str_eq(fstab.list[0].options, "defaults");
	cr_expect_str_eq(fstab.list[1].source, "");
}

Test(linux_fstab, hostile_ones)
{
	CLEANUP_FREE char *many = malloc(5000 * 4 + 1);
	CLEANUP_FIXTURE struct file_bytes file = {.data = NULL};
	CLEANUP_FSTAB struct fstab fstab = FSTAB_INIT;
	struct error err = ERROR_INIT;

	cr_assert_not_null(many);
	for (size_t i = 0; i < 5000; i++)
		memcpy(many + 4 * i, "a /\n", 5);
	file = fixture_text(many);
	cr_expect_lt(fstab_parse(&file, &fstab, &err), 0);
	fixture_is_damaged(&err, "'text': line 4097: more than 4096 entries");
	cr_expect_eq(fstab.count, 0);
}
