/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SYSTEM hives made by tests: see system_hive.h. */
#include "system_hive.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf16.h"
#include "convert/guest/windows/system/registry.h"

static const struct moved_disk no_disk = {.mbr_signature = 1};

const struct hive_owner server_2019 = {
	.disk = &no_disk, .root = "\\Windows", .pending = "", .major = 10, .is_server = true};

struct hive *hive_made(void)
{
	struct hive *hive = NULL;

	cr_assert_eq(hive_new("SYSTEM", "CMI-CreateHive", 5, &hive, NULL), 0);
	return hive;
}

hive_node_h made_key(struct hive *hive, const char *path)
{
	hive_node_h node = hive_make(hive, 0, path, NULL);

	cr_assert_neq(node, 0);
	return node;
}

void made_dword(struct hive *hive, const char *path, const char *value, uint32_t number)
{
	cr_assert_eq(hive_set_dword(hive, made_key(hive, path), value, number, NULL), 0);
}

void made_text(struct hive *hive, const char *path, const char *value, const char *text)
{
	size_t size;
	CLEANUP_FREE uint8_t *utf16 = utf8_to_utf16le(text, &size);

	cr_assert_not_null(utf16);
	cr_assert_eq(hive_set(hive, made_key(hive, path), value, hive_t_expand_string, utf16, size,
			      NULL),
		     0);
}

void made_multi(struct hive *hive, const char *path, const char *value, const char *texts)
{
	size_t size;
	uint8_t all[1024] = {0};
	CLEANUP_FREE uint8_t *utf16 = utf8_to_utf16le(texts, &size);

	cr_assert(utf16 && size + 2 <= sizeof(all));
	memcpy(all, utf16, size);
	for (size_t i = 0; i < size; i += 2)
		if (all[i] == '|' && all[i + 1] == 0)
			all[i] = 0;
	cr_assert_eq(hive_set(hive, made_key(hive, path), value, hive_t_multiple_strings, all,
			      size + 2, NULL),
		     0);
}

char *text_at(struct hive *hive, const char *path, const char *value)
{
	char *text = hive_get_string(hive, hive_find(hive, 0, path), value);

	cr_assert_not_null(text, "%s: %s", path, value);
	return text;
}

uint32_t dword_at(struct hive *hive, const char *path, const char *value)
{
	uint32_t number = 99;
	hive_node_h node = hive_find(hive, 0, path);

	if (node)
		(void)hive_get_dword(hive, node, value, &number);
	return number;
}

struct hive *edited(struct hive *hive, const struct hive_owner *owner, struct edit_notes *notes)
{
	CLEANUP_FREE uint8_t *before = NULL, *after = NULL, *again = NULL;
	struct edit_notes ignored = EDIT_NOTES_INIT;
	struct error err = ERROR_INIT;
	struct hive *result = NULL;
	size_t before_size, after_size, again_size;

	cr_assert_eq(hive_commit(hive, &before, &before_size, NULL), 0);
	cr_assert_eq(registry_convert(&(struct file_bytes){before, before_size, "SYSTEM"}, owner,
				      &after, &after_size, notes, &err),
		     0, "%s", err.message);
	cr_assert_eq(registry_convert(&(struct file_bytes){before, before_size, "SYSTEM"}, owner,
				      &again, &again_size, &ignored, &err),
		     0);
	edit_notes_done(&ignored);
	if (!after)
		return NULL;
	cr_assert_eq(after_size, again_size);
	cr_assert_eq(memcmp(after, again, after_size), 0);
	cr_assert_eq(hive_open(after, after_size, "after", &result, &err), 0, "%s", err.message);
	return result;
}

bool noted(const struct note_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (strstr(list->texts[i], text))
			return true;
	return false;
}
