/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 bcd: the program itself on made stores; its JSON read back with jansson. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "tests/bcd/stores.h"
#include "tests/support/scratch.h"

TestSuite(cmd_bcd);

#define HVGEN2 BUILD_DIR "/convert/hvgen2"

/* Write the store and return its path, which is static. */
static const char *save(struct bcd_store *store, const char *name)
{
	CLEANUP_BYTES struct bytes bytes = commit_store(store);
	static char path[256];

	snprintf(path, sizeof(path), "%s/test_cmd_bcd_%s", BUILD_DIR, name);
	file_write(path, bytes.at, bytes.size);
	return path;
}

Test(cmd_bcd, list)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_FREE char *output = NULL;

	cr_assert_eq(tool_run(&output, "%s bcd list '%s'", HVGEN2, save(made, "list")), 0);
	cr_assert_eq(strncmp(output, "Windows Boot Manager\n--------------------\nidentifier ", 53),
		     0);
	cr_assert_not_null(strstr(output, "\ntoolsdisplayorder       {memdiag}\n"));
	cr_assert_not_null(
		strstr(output, "\nosdevice                partition=608174080 disk=d7da5d02\n"));
	cr_assert_not_null(strstr(output, "ramdisk=[partition=1048576 disk=d7da5d02]\\Recovery\\"));
	cr_assert_not_null(strstr(output, "\nnx                      OptIn\n"));
}

Test(cmd_bcd, list_as_json)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_FREE char *output = NULL;
	json_t *root, *objects, *first;

	cr_assert_eq(tool_run(&output, "%s bcd list --json '%s'", HVGEN2, save(made, "json")), 0);
	root = json_loads(output, 0, NULL);
	objects = json_object_get(root, "objects");
	cr_assert_eq(json_array_size(objects), 13);
	first = json_array_get(objects, 0);
	cr_assert_str_eq(json_string_value(json_object_get(first, "name")), "{bootmgr}");
	cr_assert_str_eq(json_string_value(json_object_get(first, "type")), "10100002");
	cr_assert_eq(json_array_size(json_object_get(first, "elements")), 9);
	json_decref(root);
}

Test(cmd_bcd, check)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_FREE char *clean = NULL, *found = NULL, *json = NULL;
	struct guid recovery = id(MADE_RECOVERY);
	const char *path = save(made, "check");

	cr_assert_eq(tool_run(&clean, "%s bcd check '%s'", HVGEN2, path), 0);
	cr_assert_str_eq(clean, "");
	cr_assert_eq(bcd_store_remove(made, bcd_store_find(made, &recovery), NULL), 0);
	path = save(made, "check");
	cr_assert_eq(tool_run(&found, "%s bcd check '%s'", HVGEN2, path), 1);
	cr_assert_not_null(strstr(found, "recoverysequence names " MADE_RECOVERY));
	cr_assert_eq(tool_run(&json, "%s bcd check --json '%s'", HVGEN2, path), 1);
	cr_assert_not_null(strstr(json, "\"findings\""));
}

Test(cmd_bcd, diff)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_FREE char *same = NULL, *found = NULL, *json = NULL;
	CLEANUP_FREE char *a = strdup(save(made, "a"));
	const char *b;

	cr_assert_eq(tool_run(&same, "%s bcd diff '%s' '%s'", HVGEN2, a, a), 0);
	cr_assert_str_eq(same, "");
	set_string(made, object_of(made, MADE_LOADER), BCD_DESCRIPTION, "Windows 11");
	b = save(made, "b");
	cr_assert_eq(tool_run(&found, "%s bcd diff '%s' '%s'", HVGEN2, a, b), 1);
	cr_assert_str_eq(found, "  'Windows 11' " MADE_LOADER "\n"
				"-   description             Windows 10\n"
				"+   description             Windows 11\n");
	cr_assert_eq(tool_run(&json, "%s bcd diff --json '%s' '%s'", HVGEN2, a, b), 1);
	cr_assert_not_null(strstr(json, "\"difference\": \"changed\""));
}

Test(cmd_bcd, wrong_usage_and_wrong_files)
{
	CLEANUP_BCD_STORE struct bcd_store *made = made_store();
	CLEANUP_BYTES struct bytes bytes = commit_store(made);
	CLEANUP_FREE char *dirty = NULL;
	char path[256];

	cr_assert_eq(tool_run(NULL, "%s bcd", HVGEN2), 2);
	cr_assert_eq(tool_run(NULL, "%s bcd list", HVGEN2), 2);
	cr_assert_eq(tool_run(NULL, "%s bcd diff x", HVGEN2), 2);
	cr_assert_eq(tool_run(NULL, "%s bcd frob x", HVGEN2), 2);
	cr_assert_eq(tool_run(NULL, "%s bcd list /nonexistent", HVGEN2), 1);
	cr_assert_eq(tool_run(NULL, "%s bcd list %s", HVGEN2, HVGEN2), 4);
	snprintf(path, sizeof(path), "%s/test_cmd_bcd_dirty", BUILD_DIR);
	put_le32(bytes.at + 4, get_le32(bytes.at + 4) ^ 2);
	put_le32(bytes.at + 508, get_le32(bytes.at + 508) ^ 2);
	file_write(path, bytes.at, bytes.size);
	cr_assert_eq(tool_run(&dirty, "%s bcd list '%s'", HVGEN2, path), 3);
	cr_assert_not_null(strstr(dirty, "refused [hive-dirty]"));
}
