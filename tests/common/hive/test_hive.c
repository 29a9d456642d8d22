/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registry hives in memory: making, editing, committing, and what is refused; hivexsh is the
 * foreign reader. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/hive/hive.h"
#include "common/utf16.h"

TestSuite(hive);

static void commit(struct hive *hive, uint8_t **bytes, size_t *size)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(hive_commit(hive, bytes, size, &err), 0, "%s", err.message);
}

static struct hive *made(unsigned int minor)
{
	struct error err = ERROR_INIT;
	struct hive *hive = NULL;

	cr_assert_eq(hive_new("new", "System", minor, &hive, &err), 0, "%s", err.message);
	return hive;
}

static hive_node_h key(struct hive *hive, const char *path)
{
	struct error err = ERROR_INIT;
	hive_node_h node = hive_make(hive, 0, path, &err);

	cr_assert_neq(node, 0, "%s", err.message);
	return node;
}

/* A hive with a tree and values, as bytes. */
static void sample(uint8_t **bytes, size_t *size)
{
	CLEANUP_HIVE struct hive *hive = made(5);
	hive_node_h node = key(hive, "ControlSet001\\Services\\vmbus");
	CLEANUP_FREE uint8_t *text = NULL;
	size_t text_size;

	key(hive, "ControlSet001\\Services\\storvsc\\StartOverride");
	cr_assert_eq(hive_set_dword(hive, node, "Start", 3, NULL), 0);
	text = utf8_to_utf16le("\\SystemRoot\\vmbus.sys", &text_size);
	cr_assert_eq(hive_set(hive, node, "ImagePath", hive_t_expand_string, text, text_size, NULL),
		     0);
	commit(hive, bytes, size);
}

Test(hive, new_hive_opens_and_is_always_the_same)
{
	for (unsigned int minor = 3; minor <= 6; minor++) {
		CLEANUP_HIVE struct hive *hive = made(minor);
		CLEANUP_HIVE struct hive *again = made(minor);
		CLEANUP_FREE uint8_t *a = NULL, *b = NULL;
		size_t a_size, b_size;
		CLEANUP_FREE char *root =
			hivex_node_name(hive_handle(hive), hivex_root(hive_handle(hive)));

		cr_assert_str_eq(root, "System");
		cr_assert_str_eq(hive_name(hive), "new");
		commit(hive, &a, &a_size);
		commit(again, &b, &b_size);
		cr_assert_eq(a_size, b_size);
		cr_assert_eq(memcmp(a, b, a_size), 0);
		cr_assert_eq(get_le32(a + 24), minor);
	}
}

Test(hive, new_hive_refuses_nonsense)
{
	struct hive *hive = NULL;
	char long_name[300];

	memset(long_name, 'x', sizeof(long_name));
	long_name[sizeof(long_name) - 1] = '\0';
	cr_assert_lt(hive_new("new", "", 3, &hive, NULL), 0);
	cr_assert_lt(hive_new("new", long_name, 3, &hive, NULL), 0);
	cr_assert_lt(hive_new("new", "System", 2, &hive, NULL), 0);
	cr_assert_lt(hive_new("new", "System", 7, &hive, NULL), 0);
}

Test(hive, edits_survive_commit)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	CLEANUP_HIVE struct hive *hive = NULL;
	CLEANUP_FREE char *path = NULL;
	struct error err = ERROR_INIT;
	uint32_t start = 0;
	hive_node_h node;
	size_t size;

	sample(&bytes, &size);
	cr_assert_eq(hive_open(bytes, size, "again", &hive, &err), 0, "%s", err.message);
	node = hive_find(hive, 0, "controlset001\\SERVICES\\VMBus");
	cr_assert_neq(node, 0);
	cr_assert(hive_get_dword(hive, node, "start", &start));
	cr_assert_eq(start, 3);
	path = hive_get_string(hive, node, "ImagePath");
	cr_assert_str_eq(path, "\\SystemRoot\\vmbus.sys");
	cr_assert_eq(hive_find(hive, 0, "ControlSet002"), 0);
	cr_assert_null(hive_get_string(hive, node, "Start"));
	cr_assert_not(hive_get_dword(hive, node, "ImagePath", &start));
	cr_assert_lt(hive_set(hive, node, "Big", hive_t_binary, bytes, 16345, NULL), 0);
}

Test(hive, hivexsh_reads_it)
{
	char path[] = BUILD_DIR "/test_hive_XXXXXX", command[256], line[128] = "";
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size;
	FILE *pipe;
	int fd;

	if (system("command -v hivexsh >/dev/null 2>&1") != 0)
		cr_skip_test("hivexsh is not installed");
	sample(&bytes, &size);
	fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
	snprintf(command, sizeof(command),
		 "printf 'cd ControlSet001\\\\Services\\\\vmbus\\nlsval Start\\n' | hivexsh %s",
		 path);
	pipe = popen(command, "r");
	cr_assert_not_null(fgets(line, sizeof(line), pipe));
	pclose(pipe);
	unlink(path);
	cr_assert_str_eq(line, "3\n");
}

Test(hive, dirty_hive_is_refused)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct error err = ERROR_INIT;
	struct hive *hive = NULL;
	size_t size;

	sample(&bytes, &size);
	put_le32(bytes + 4, get_le32(bytes + 4) + 1);
	cr_assert_lt(hive_open(bytes, size, "x", &hive, &err), 0);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
	put_le32(bytes + 508, get_le32(bytes + 508) ^ get_le32(bytes + 4) ^ get_le32(bytes + 8));
	cr_assert_lt(hive_open(bytes, size, "x", &hive, &err), 0);
	cr_assert_eq(err.kind, ERROR_REFUSED);
	cr_assert_eq(err.refusal, REFUSAL_HIVE_DIRTY);
}

Test(hive, damage_is_reported)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct error err = ERROR_INIT;
	struct hive *hive = NULL;
	size_t size;

	sample(&bytes, &size);
	cr_assert_lt(hive_open(bytes, 100, "x", &hive, &err), 0);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
	bytes[4096] = 'X';
	cr_assert_lt(hive_open(bytes, size, "x", &hive, &err), 0);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
	bytes[0] = 'X';
	cr_assert_lt(hive_open(bytes, size, "x", &hive, &err), 0);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
}
