/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 nvram: all boot entries of a store, and which of them the user means. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"
#include "convert/cmd/nvram/action.h"

static const char *const type_texts[NVRAM_BOOT_TYPE_MAX] = {
	[NVRAM_BOOT_FILE] = "File",
	[NVRAM_BOOT_DRIVE] = "Drive",
	[NVRAM_BOOT_NETWORK] = "Network",
	[NVRAM_BOOT_OTHER] = "Other",
};

const char *cmd_nvram_type_text(enum nvram_boot_type type)
{
	return type_texts[type];
}

void cmd_nvram_entries_done(struct nvram_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		nvram_boot_entry_done(&entries->list[i].boot);
	free(entries->list);
	*entries = (struct nvram_entries)NVRAM_ENTRIES_INIT;
}

/* An entry that cannot be read is one all the same: it can be moved and removed. */
static int read_damaged(struct nvram_entry *entry, int r, const struct error *why,
			struct error *err)
{
	if (r != -EUCLEAN && r != -ENOENT) {
		*err = *why;
		return r;
	}
	entry->exists = r != -ENOENT;
	entry->boot.type = NVRAM_BOOT_OTHER;
	entry->boot.description = strdup(entry->exists ? why->message : "(no such variable)");
	entry->boot.firmware_path = strdup("");
	return entry->boot.description && entry->boot.firmware_path
		       ? 0
		       : error_failed(err, ENOMEM, "out of memory");
}

static int add_entry(const struct nvram *nvram, uint16_t number, bool in_order,
		     struct nvram_entries *entries, struct error *err)
{
	struct nvram_entry *entry = &entries->list[entries->count];
	struct error why = ERROR_INIT;
	int r;

	*entry = (struct nvram_entry){.number = number, .in_order = in_order, .exists = true};
	entries->count++;
	r = nvram_boot_entry(nvram, number, &entry->boot, &why);
	return r < 0 ? read_damaged(entry, r, &why, err) : 0;
}

static int by_number(const void *a, const void *b)
{
	const uint16_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int cmd_nvram_entries_read(const struct nvram *nvram, struct nvram_entries *ret, struct error *err)
{
	CLEANUP_ENTRIES struct nvram_entries entries = NVRAM_ENTRIES_INIT;
	size_t listed = nvram_boot_order(nvram, NULL, 0), all = nvram_boot_numbers(nvram, NULL, 0);
	CLEANUP_FREE uint16_t *numbers = calloc(listed + all + 1, sizeof(*numbers));
	CLEANUP_FREE bool *is_seen = calloc(UINT16_MAX + 1, sizeof(*is_seen));
	int r = 0;

	entries.list = calloc(min_u64(listed + all, UINT16_MAX + 1) + 1, sizeof(*entries.list));
	if (!numbers || !is_seen || !entries.list)
		return error_failed(err, ENOMEM, "out of memory");
	nvram_boot_order(nvram, numbers, listed);
	nvram_boot_numbers(nvram, numbers + listed, all);
	qsort(numbers + listed, all, sizeof(*numbers), by_number);
	for (size_t i = 0; r == 0 && i < listed + all; i++) {
		if (is_seen[numbers[i]])
			continue;
		is_seen[numbers[i]] = true;
		r = add_entry(nvram, numbers[i], i < listed, &entries, err);
	}
	if (r < 0)
		return r;
	*ret = entries;
	entries = (struct nvram_entries)NVRAM_ENTRIES_INIT;
	return 0;
}

/* "0003", and "Boot0003" as well. */
static bool parse_number(const char *text, uint16_t *ret)
{
	static const char digits[] = "0123456789abcdefABCDEF";

	if (strncasecmp(text, "Boot", 4) == 0)
		text += 4;
	if (strlen(text) != 4 || strspn(text, digits) != 4)
		return false;
	*ret = (uint16_t)strtoul(text, NULL, 16);
	return true;
}

/* "drive:2": -ENOENT when it is not of this form. */
static int find_by_type(const struct nvram_entries *entries, const char *text, size_t *ret,
			struct error *err)
{
	const char *colon = strchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	unsigned long index, seen = 0;
	char *end;

	for (unsigned int type = 0; colon && type < NVRAM_BOOT_TYPE_MAX; type++) {
		if (strlen(type_texts[type]) != length ||
		    strncasecmp(type_texts[type], text, length) != 0)
			continue;
		index = strtoul(colon + 1, &end, 10);
		if (colon[1] < '0' || colon[1] > '9' || *end)
			return error_usage(err, "'%s': no index behind the colon", text);
		for (size_t i = 0; i < entries->count; i++) {
			if (entries->list[i].boot.type != type || !entries->list[i].exists)
				continue;
			if (seen++ == index) {
				*ret = i;
				return 0;
			}
		}
		return error_usage(err, "there is no '%s': %lu entries of this type", text, seen);
	}
	return -ENOENT;
}

static int find_by_description(const struct nvram_entries *entries, const char *text, size_t *ret,
			       struct error *err)
{
	size_t found = entries->count;

	for (size_t i = 0; i < entries->count; i++) {
		if (!entries->list[i].exists ||
		    strcmp(entries->list[i].boot.description, text) != 0)
			continue;
		if (found < entries->count)
			return error_usage(err,
					   "'%s' is the description of Boot%04X and of Boot%04X",
					   text, entries->list[found].number,
					   entries->list[i].number);
		found = i;
	}
	if (found == entries->count)
		return error_usage(err, "no boot entry '%s'; see 'hvgen2 nvram list'", text);
	*ret = found;
	return 0;
}

int cmd_nvram_entries_find(const struct nvram_entries *entries, const char *text, size_t *ret,
			   struct error *err)
{
	uint16_t number;
	int r;

	if (parse_number(text, &number)) {
		for (size_t i = 0; i < entries->count; i++) {
			if (entries->list[i].number == number) {
				*ret = i;
				return 0;
			}
		}
	}
	r = find_by_type(entries, text, ret, err);
	return r == -ENOENT ? find_by_description(entries, text, ret, err) : r;
}

int cmd_nvram_entries_operand(const struct nvram_command *command, struct nvram_entries *ret,
			      size_t *ret_found, struct error *err)
{
	int r = cmd_nvram_entries_read(&command->store.nvram, ret, err);

	return r < 0 ? r : cmd_nvram_entries_find(ret, command->operands[0], ret_found, err);
}

/* The data of the Windows boot manager: a signature, four numbers, and text from byte 20 on. */
#define WINDOWS_TEXT 20

char *cmd_nvram_optional_text(const struct nvram_boot_entry *entry)
{
	CLEANUP_FREE char *windows = NULL;
	char *text = NULL;
	size_t shown = min_u64(entry->optional_size, 32);
	char hex[65] = "";
	int r;

	if (entry->optional_size == 0)
		return strdup("");
	if (entry->optional_size > WINDOWS_TEXT && memcmp(entry->optional, "WINDOWS", 8) == 0) {
		windows = utf16le_to_utf8(entry->optional + WINDOWS_TEXT,
					  entry->optional_size - WINDOWS_TEXT);
		r = windows ? asprintf(&text, "WINDOWS %s", windows) : -1;
		return r < 0 ? NULL : text;
	}
	for (size_t i = 0; i < shown; i++)
		snprintf(hex + 2 * i, 3, "%02x", entry->optional[i]);
	r = asprintf(&text, "%zu bytes: %s%s", entry->optional_size, hex,
		     shown < entry->optional_size ? "..." : "");
	return r < 0 ? NULL : text;
}
