/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries of the Boot Loader Specification: see bls.h. */
#include "convert/verify/menu/bls.h"

#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t";

/* The path in 'words', as long as it is plain. */
static char *copy_path(const char *words, size_t length)
{
	return words[0] == '/' && !memchr(words, '$', length) ? strndup(words, length) : NULL;
}

static void take_initrds(struct menu_entry *entry, const char *value, size_t length)
{
	const char *end = value + length;

	while (value < end && entry->initrd_count < MENU_INITRDS) {
		size_t size = strcspn(value, " \t\r\n");
		char *path = copy_path(value, size);

		if (path)
			entry->initrds[entry->initrd_count++] = path;
		value += size;
		value += strspn(value, blanks);
	}
}

/* A key, blanks, and its value up to the end of the line. */
static void take_line(struct menu_entry *entry, const char *line)
{
	size_t key = strcspn(line, " \t\r\n");
	const char *value = line + key + strspn(line + key, blanks);
	size_t length = strcspn(value, "\r\n");

	if (key == 5 && memcmp(line, "title", key) == 0 && !entry->title)
		entry->title = strndup(value, length);
	else if (key == 5 && memcmp(line, "linux", key) == 0 && !entry->kernel)
		entry->kernel = copy_path(value, strcspn(value, " \t\r\n"));
	else if (key == 6 && memcmp(line, "initrd", key) == 0)
		take_initrds(entry, value, length);
}

bool verify_bls_add(struct menu *menu, const char *name, const char *text)
{
	size_t length = strlen(name), end = strlen(".conf");
	struct menu_entry *entry;

	if (menu->count == MENU_ENTRIES || length <= end || strcmp(name + length - end, ".conf"))
		return true;
	entry = &menu->list[menu->count];
	*entry = (struct menu_entry){.parent = MENU_NONE, .id = strndup(name, length - end)};
	if (!entry->id)
		return false;
	menu->count++;
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		take_line(entry, text);
	return true;
}

static bool is_rescue(const struct menu_entry *entry)
{
	return strstr(entry->id, "-0-rescue") != NULL;
}

static size_t all_entries(const struct menu *menu, size_t first, bool rescue,
			  size_t ret[MENU_ENTRIES])
{
	size_t count = 0;

	for (size_t i = first; i < menu->count; i++)
		if (is_rescue(&menu->list[i]) == rescue)
			ret[count++] = i;
	return count;
}

static bool is_wanted(const struct menu *menu, const struct menu_entry *entry)
{
	return !entry->is_submenu && entry->parent == MENU_NONE &&
	       ((entry->id && strcmp(entry->id, menu->wanted) == 0) ||
		(entry->title && strcmp(entry->title, menu->wanted) == 0));
}

size_t verify_bls_default(const struct menu *menu, size_t first, size_t ret[MENU_ENTRIES])
{
	size_t count;

	for (size_t i = 0; i < menu->count; i++)
		if (menu->wanted[0] && is_wanted(menu, &menu->list[i])) {
			ret[0] = i;
			return 1;
		}
	count = all_entries(menu, first, /*rescue=*/false, ret);
	return count > 0 ? count : all_entries(menu, first, /*rescue=*/true, ret);
}
