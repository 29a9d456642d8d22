/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parent locator of a differencing VHDX being written (MS-VHDX 2.6.2.6), and relative paths for
 * it. */
#include "vhd/vhdx_make_locator.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/utf16.h"
#include "vhd/vhdx_format.h"

/* parent_linkage, relative_path, absolute_win32_path */
#define MAX_PAIRS 3
/* Windows paths have up to 32767 characters. */
#define MAX_TEXT 65534

struct pairs {
	const char *key[MAX_PAIRS];
	char *value[MAX_PAIRS];
	size_t count;
};

static void pairs_done(struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++)
		free(pairs->value[i]);
}

/* Takes over 'value', which may be NULL when memory has run out. */
static bool add_pair(struct pairs *pairs, const char *key, char *value)
{
	pairs->key[pairs->count] = key;
	pairs->value[pairs->count++] = value;
	return value;
}

/* As Windows writes it: backslashes, and ".\" in front of what does not begin with a dot. */
static char *windows_relative(const char *path)
{
	char *text;

	if (asprintf(&text, "%s%s", path[0] == '.' ? "" : ".\\", path) < 0)
		return NULL;
	for (char *at = text; *at; at++)
		if (*at == '/')
			*at = '\\';
	return text;
}

static bool collect_pairs(const struct vhdx_parent *parent, struct pairs *pairs)
{
	char guid[GUID_TEXT_SIZE], *linkage;

	if (asprintf(&linkage, "{%s}",
		     guid_format(&vhd_info(parent->disk)->data_write_guid, guid)) < 0)
		return false;
	return add_pair(pairs, "parent_linkage", linkage) &&
	       (!parent->relative_path ||
		add_pair(pairs, "relative_path", windows_relative(parent->relative_path))) &&
	       (!parent->windows_path ||
		add_pair(pairs, "absolute_win32_path", strdup(parent->windows_path)));
}

/* Append a string without its NUL and describe it at 'offset_at' and 'length_at' of the entry. */
static int put_text(uint8_t *bytes, size_t *used, uint8_t *offset_at, uint8_t *length_at,
		    const char *text)
{
	size_t size;
	CLEANUP_FREE uint8_t *utf16 = utf8_to_utf16le(text, &size);

	if (!utf16)
		return -errno;
	size -= 2;
	if (size > MAX_TEXT)
		return -ENAMETOOLONG;
	memcpy(bytes + *used, utf16, size);
	put_le32(offset_at, (uint32_t)*used);
	put_le16(length_at, (uint16_t)size);
	*used += size;
	return 0;
}

static int serialise_pairs(const struct pairs *pairs, uint8_t *bytes, size_t *used)
{
	const struct guid type = VHDX_LOCATOR_TYPE;
	int r = 0;

	memcpy(bytes, type.bytes, sizeof(type.bytes));
	put_le16(bytes + VHDX_LOCATOR_COUNT_AT, (uint16_t)pairs->count);
	*used = VHDX_LOCATOR_ENTRIES_AT + pairs->count * VHDX_LOCATOR_ENTRY_SIZE;
	for (size_t i = 0; i < pairs->count && r == 0; i++) {
		uint8_t *entry = bytes + VHDX_LOCATOR_ENTRIES_AT + i * VHDX_LOCATOR_ENTRY_SIZE;

		r = put_text(bytes, used, entry, entry + VHDX_LOCATOR_KEY_LENGTH_AT, pairs->key[i]);
		if (r == 0)
			r = put_text(bytes, used, entry + VHDX_LOCATOR_VALUE_AT,
				     entry + VHDX_LOCATOR_VAL_LENGTH_AT, pairs->value[i]);
	}
	return r;
}

uint8_t *vhdx_make_locator(const struct vhdx_parent *parent, size_t *ret_length, struct error *err)
{
	CLEANUP(pairs_done) struct pairs pairs = {.count = 0};
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t room = VHDX_LOCATOR_ENTRIES_AT + MAX_PAIRS * (size_t)VHDX_LOCATOR_ENTRY_SIZE;
	int r;

	if (!collect_pairs(parent, &pairs)) {
		error_failed(err, ENOMEM, "out of memory");
		return NULL;
	}
	/* UTF-16 takes at most two bytes for each byte of UTF-8. */
	for (size_t i = 0; i < pairs.count; i++)
		room += 2 * (strlen(pairs.key[i]) + strlen(pairs.value[i]));
	bytes = calloc(1, room);
	r = bytes ? serialise_pairs(&pairs, bytes, ret_length) : -ENOMEM;
	if (r < 0) {
		error_failed(err, -r, "'%s': its path cannot be stored in a parent locator: %s",
			     parent->disk->name, strerror(-r));
		return NULL;
	}
	return TAKE(bytes);
}

/* The real path of the folder of 'path', with a slash at the end. */
static char *real_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP_FREE char *folder = strndup(path, slash ? (size_t)(slash + 1 - path) : 0);
	CLEANUP_FREE char *real = folder ? realpath(*folder ? folder : ".", NULL) : NULL;
	char *text = NULL;

	if (real && asprintf(&text, "%s%s", real, strcmp(real, "/") == 0 ? "" : "/") < 0)
		return NULL;
	return text;
}

char *vhd_relative_path(const char *from, const char *to, struct error *err)
{
	CLEANUP_FREE char *folder = real_folder(from);
	CLEANUP_FREE char *target = realpath(to, NULL);
	CLEANUP_FREE char *up = NULL;
	size_t common = 0, levels = 0, used = 0;
	char *path;

	if (!folder || !target) {
		error_errno(err, "'%s': cannot find the way to '%s'", from, to);
		return NULL;
	}
	for (size_t i = 0; folder[i] && folder[i] == target[i]; i++)
		if (folder[i] == '/')
			common = i + 1;
	for (const char *at = folder + common; *at; at++)
		levels += *at == '/';
	up = malloc(3 * levels + 1);
	for (; up && levels > 0; levels--, used += 3)
		memcpy(up + used, "../", 3);
	if (up)
		up[used] = '\0';
	if (!up || asprintf(&path, "%s%s", up, target + common) < 0) {
		error_failed(err, ENOMEM, "out of memory");
		return NULL;
	}
	return path;
}
