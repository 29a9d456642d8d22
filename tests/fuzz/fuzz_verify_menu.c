/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parsers of verify's check of a Linux guest's menu: any text is read to its end, and indexes are of entries. */
#include <stdlib.h>
#include <string.h>

#include "convert/verify/menu/bls.h"
#include "convert/verify/menu/kernel.h"
#include "convert/verify/menu/lvm.h"
#include "convert/verify/menu/menu.h"
#include "convert/verify/menu/words.h"
#include "tests/fuzz/fuzz.h"

static void take_volume(void *opaque, const char *group, const char *volume)
{
	(void)opaque;
	if (strlen(group) >= LVM_NAME || strlen(volume) >= LVM_NAME || !group[0] || !volume[0])
		abort();
}

static bool take_file(void *opaque, const char *name)
{
	(void)opaque;
	return name[0] != '\0';
}

/* Each file that a menu reads is the menu itself. */
static char *read_again(void *opaque, const char *path, bool *ret_is_there)
{
	*ret_is_there = path[0] != '\0';
	return strdup(opaque);
}

static void demand_entries(const struct menu *menu, const size_t *chosen, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (chosen[i] >= menu->count || menu->list[chosen[i]].is_submenu)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct menu menu;
	static size_t chosen[MENU_ENTRIES];
	char *text = strndup((const char *)data, size);
	char path[SCRIPT_WORD], uuid[SCRIPT_UUID];
	size_t first;

	if (!text)
		return 0;
	verify_script_target(text, path, uuid);
	verify_words_files(text, take_file, NULL);
	verify_words_has_uuid(text, uuid);
	verify_lvm_names(text, take_volume, NULL);
	verify_kernel_fault(data, size < KERNEL_START ? size : KERNEL_START, size);
	verify_words_is_absent(text);
	verify_menu_env(text, "saved_entry", path);
	if (verify_menu_parse(&(struct menu_source){text, path, "/grub", read_again, text}, &menu))
		demand_entries(&menu, chosen, verify_menu_default(&menu, chosen));
	first = menu.count;
	if (verify_bls_add(&menu, "a.conf", text))
		demand_entries(&menu, chosen, verify_bls_default(&menu, first, chosen));
	verify_menu_done(&menu);
	free(text);
	return 0;
}
