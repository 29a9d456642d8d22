/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recovery of dirty hives: Windows' own result where the samples are present, and logs of both
 * formats made here. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/hive/hive.h"
#include "common/hive/log.h"

TestSuite(hive_log);

#define DIRTY SHARED_DATA "/hives/dirty/NewDirtyHive1."

struct bytes {
	uint8_t *at;
	size_t size;
};

static void bytes_done(struct bytes *bytes)
{
	free(bytes->at);
}
#define CLEANUP_BYTES CLEANUP(bytes_done)

/* A file, or what a command prints; skips the test when there is nothing. */
static struct bytes get(const char *format, const char *what)
{
	struct bytes bytes = {.at = malloc(1 << 25)};
	char command[512];
	FILE *pipe;

	snprintf(command, sizeof(command), "%s", format);
	snprintf(command + strlen(command), sizeof(command) - strlen(command), "%s 2>/dev/null",
		 what);
	pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	bytes.size = fread(bytes.at, 1, 1 << 25, pipe);
	pclose(pipe);
	if (bytes.size == 0)
		cr_skip_test("'%s' is not there", what);
	return bytes;
}

static void fix_checksum(uint8_t *base)
{
	uint32_t sum = 0;

	for (size_t at = 0; at < 508; at += 4)
		sum ^= get_le32(base + at);
	put_le32(base + 508, sum);
}

Test(hive_log, result_equals_that_of_windows)
{
	CLEANUP_BYTES struct bytes hive = get("cat ", DIRTY "NewDirtyHive");
	CLEANUP_BYTES struct bytes one = get("cat ", DIRTY "NewDirtyHive.LOG1");
	CLEANUP_BYTES struct bytes two = get("cat ", DIRTY "NewDirtyHive.LOG2");
	CLEANUP_BYTES struct bytes expected = get("cat ", DIRTY "RecoveredHive_Windows10");
	struct hive_log logs[2] = {{one.at, one.size}, {two.at, two.size}};
	struct error err = ERROR_INIT;

	for (int swapped = 0; swapped < 2; swapped++) {
		CLEANUP_BYTES struct bytes found = {.at = NULL};
		struct hive_log first = logs[0];

		cr_assert_eq(hive_recover(&(struct file_bytes){hive.at, hive.size, "hive"}, logs, 2,
					  &found.at, &found.size, &err),
			     0, "%s", err.message);
		cr_assert_eq(found.size, expected.size);
		cr_assert_eq(memcmp(found.at, expected.at, expected.size), 0);
		logs[0] = logs[1];
		logs[1] = first;
	}
}

Test(hive_log, real_system_hive_opens_after_recovery)
{
	const char *xz = "xz -dc " SHARED_DATA "/hives/system/";
	CLEANUP_BYTES struct bytes hive = get(xz, "SYSTEM-win10-gpt-dirty.hiv.xz");
	CLEANUP_BYTES struct bytes one = get(xz, "SYSTEM-win10-gpt-dirty.LOG1.xz");
	CLEANUP_BYTES struct bytes two = get(xz, "SYSTEM-win10-gpt-dirty.LOG2.xz");
	CLEANUP_BYTES struct bytes found = {.at = NULL};
	struct hive_log logs[3] = {{one.at, one.size}, {NULL, 0}, {two.at, two.size}};
	CLEANUP_HIVE struct hive *open = NULL;
	struct error err = ERROR_INIT;

	cr_assert_lt(hive_open(hive.at, hive.size, "SYSTEM", &open, &err), 0);
	cr_assert_eq(hive_recover(&(struct file_bytes){hive.at, hive.size, "SYSTEM"}, logs, 3,
				  &found.at, &found.size, &err),
		     0, "%s", err.message);
	cr_assert_gt(get_le32(found.at + 40), get_le32(hive.at + 40));
	cr_assert_eq(get_le32(found.at + 4), 2131);
	cr_assert_eq(hive_open(found.at, found.size, "SYSTEM", &open, &err), 0, "%s", err.message);
	cr_assert_neq(hive_find(open, 0, "ControlSet001\\Services\\vmbus"), 0);
	cr_assert_neq(hive_find(open, 0, "MountedDevices"), 0);
}

/*
 * A clean hive before and after a change, of the same size: what a log carries is the difference.
 */
static void make_pair(struct bytes *before, struct bytes *after)
{
	CLEANUP_HIVE struct hive *hive = NULL;
	hive_node_h node;

	cr_assert_eq(hive_new("hive", "root", 5, &hive, NULL), 0);
	node = hive_make(hive, 0, "key", NULL);
	cr_assert_eq(hive_set_dword(hive, node, "value", 1, NULL), 0);
	cr_assert_eq(hive_commit(hive, &before->at, &before->size, NULL), 0);
	cr_assert_eq(hive_set_dword(hive, node, "value", 2, NULL), 0);
	cr_assert_eq(hive_commit(hive, &after->at, &after->size, NULL), 0);
	cr_assert_eq(before->size, after->size);
}

static void make_dirty(struct bytes *hive)
{
	put_le32(hive->at + 4, get_le32(hive->at + 8) + 1);
	fix_checksum(hive->at);
}

/* A log of the old format that holds all bins of 'after'. */
static struct bytes make_old_log(const struct bytes *after)
{
	size_t bins = after->size - 4096, pages = bins / 512;
	size_t at = (512 + 4 + pages / 8 + 511) / 512 * 512;
	struct bytes log = {.at = calloc(1, at + bins), .size = at + bins};

	memcpy(log.at, after->at, 512);
	put_le32(log.at + 28, 1);
	fix_checksum(log.at);
	memcpy(log.at + 512, "DIRT", 4);
	memset(log.at + 516, 0xff, pages / 8);
	memcpy(log.at + at, after->at + 4096, bins);
	return log;
}

static uint32_t value_of(const struct bytes *bytes)
{
	CLEANUP_HIVE struct hive *hive = NULL;
	struct error err = ERROR_INIT;
	uint32_t value = 0;

	cr_assert_eq(hive_open(bytes->at, bytes->size, "hive", &hive, &err), 0, "%s", err.message);
	cr_assert(hive_get_dword(hive, hive_find(hive, 0, "key"), "value", &value));
	return value;
}

Test(hive_log, old_format)
{
	CLEANUP_BYTES struct bytes before = {.at = NULL}, after = {.at = NULL},
				   found = {.at = NULL};
	CLEANUP_BYTES struct bytes log = {.at = NULL};
	struct error err = ERROR_INIT;
	struct hive_log logs[1];

	make_pair(&before, &after);
	log = make_old_log(&after);
	logs[0] = (struct hive_log){log.at, log.size};
	cr_assert_eq(hive_recover(&(struct file_bytes){before.at, before.size, "hive"}, logs, 1,
				  &found.at, &found.size, &err),
		     0);
	cr_assert_null(found.at, "a clean hive needs no log");
	make_dirty(&before);
	cr_assert(hive_is_dirty(before.at, before.size));
	cr_assert_eq(hive_recover(&(struct file_bytes){before.at, before.size, "hive"}, logs, 1,
				  &found.at, &found.size, &err),
		     0, "%s", err.message);
	cr_assert_not(hive_is_dirty(found.at, found.size));
	cr_assert_eq(value_of(&found), 2);
}

Test(hive_log, broken_base_block_is_taken_from_the_log)
{
	CLEANUP_BYTES struct bytes before = {.at = NULL}, after = {.at = NULL},
				   found = {.at = NULL};
	CLEANUP_BYTES struct bytes log = {.at = NULL};
	struct error err = ERROR_INIT;
	struct hive_log logs[1];

	make_pair(&before, &after);
	log = make_old_log(&after);
	logs[0] = (struct hive_log){log.at, log.size};
	memset(before.at + 36, 0, 64);
	cr_assert_eq(hive_recover(&(struct file_bytes){before.at, before.size, "hive"}, logs, 1,
				  &found.at, &found.size, &err),
		     0, "%s", err.message);
	cr_assert_eq(value_of(&found), 2);
	bytes_done(&found);
	cr_assert_lt(hive_recover(&(struct file_bytes){before.at, before.size, "hive"}, NULL, 0,
				  &found.at, &found.size, &err),
		     0);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
}

Test(hive_log, logs_of_another_time_do_not_apply)
{
	CLEANUP_BYTES struct bytes before = {.at = NULL}, after = {.at = NULL}, log = {.at = NULL};
	struct error err = ERROR_INIT;
	struct bytes found;
	struct hive_log logs[1];

	make_pair(&before, &after);
	make_dirty(&before);
	put_le64(after.at + 12, 4711);
	log = make_old_log(&after);
	logs[0] = (struct hive_log){log.at, log.size};
	cr_assert_lt(hive_recover(&(struct file_bytes){before.at, before.size, "hive"}, logs, 1,
				  &found.at, &found.size, &err),
		     0);
	cr_assert_eq(err.refusal, REFUSAL_HIVE_DIRTY);
	cr_assert_null(found.at);
}

/*
 * Every damage of a log gives a hive or an error, and an entry with a flipped bit is not applied.
 */
Test(hive_log, damaged_entries_are_not_applied)
{
	CLEANUP_BYTES struct bytes hive = get("cat ", DIRTY "NewDirtyHive");
	CLEANUP_BYTES struct bytes two = get("cat ", DIRTY "NewDirtyHive.LOG2");
	struct hive_log logs[1] = {{two.at, two.size}};
	struct error err = ERROR_INIT;

	for (size_t bit = 0; bit < 512 * 8; bit += 7) {
		CLEANUP_BYTES struct bytes found = {.at = NULL};

		two.at[512 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_lt(hive_recover(&(struct file_bytes){hive.at, hive.size, "hive"}, logs, 1,
					  &found.at, &found.size, &err),
			     0);
		cr_assert_eq(err.refusal, REFUSAL_HIVE_DIRTY);
		two.at[512 + bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

Test(hive_log, what_is_no_hive)
{
	uint8_t bytes[4096] = "nonsense";
	struct bytes found;
	struct error err = ERROR_INIT;

	cr_assert_not(hive_is_dirty(bytes, sizeof(bytes)));
	cr_assert_lt(hive_recover(&(struct file_bytes){bytes, sizeof(bytes), "x"}, NULL, 0,
				  &found.at, &found.size, &err),
		     0);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
	cr_assert_lt(hive_recover(&(struct file_bytes){bytes, 3, "x"}, NULL, 0, &found.at,
				  &found.size, &err),
		     0);
}
