/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grub.cfg and the choice in it. Input: the file. */
#include <stdlib.h>

#include "convert/guest/linux/parse/grub_menu.h"
#include "tests/fuzz/fuzz.h"

static void check(const struct grub_menu *menu, size_t index)
{
	const struct grub_entry *entry = &menu->entries[index];
	char path[GRUB_PATH_TEXT];

	if (!entry->title || !entry->id || !entry->kernel != !entry->arguments || !entry->line)
		abort();
	if (entry->parent != GRUB_NO_PARENT &&
	    (entry->parent >= index || !menu->entries[entry->parent].is_submenu ||
	     menu->entries[entry->parent].depth + 1 != entry->depth))
		abort();
	grub_menu_path(menu, index, path);
	if (!path[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct file_bytes file = {data, size, "file"};
	CLEANUP_GRUB_MENU struct grub_menu menu = GRUB_MENU_INIT;
	char name[] = "saved_entry", value[] = "1>0";
	struct grub_variable saved = {name, value};
	const struct grub_env env = {&saved, 1};
	size_t chosen;
	bool is_sure;

	if (grub_menu_parse(&file, &menu, NULL) < 0)
		return 0;
	for (size_t i = 0; i < menu.count; i++)
		check(&menu, i);
	if (grub_menu_default(&menu, &env, &chosen, &is_sure) == 0 &&
	    (chosen >= menu.count || menu.entries[chosen].is_submenu))
		abort();
	return 0;
}
