/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The menu of a guest's own grub.cfg, as far as it can be told without executing it: what stands
 * within 'if' may be there or not, and variables stay as they are written ("$kernelopts",
 * "${saved_entry}"). Functions are skipped.
 */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_MENU_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_MENU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "convert/guest/linux/parse/grub_entry.h"
#include "convert/guest/linux/parse/grub_env.h"

struct grub_menu {
	struct grub_entry *entries; /* submenus too, before what is in them */
	size_t count;
	bool has_blscfg;	/* calls 'blscfg': the entries are in loader/entries */
	bool has_configfile;	/* hands over to another file outside of entries: a stub */
	bool is_btrfs_relative; /* sets btrfs_relative_path (SUSE) */
	bool has_superusers;	/* has a password */
	bool uses_saved_entry;	/* default is ${saved_entry} somewhere */
	bool uses_next_entry;	/* and ${next_entry} (grub-reboot) */
	char *default_text;	/* the last default set that is not ${next_entry}; NULL: none */
	char *kernelopts;	/* what 'set kernelopts' says (BLS guests); NULL: nothing */
	struct grub_root root;	/* outside of entries */
	struct grub_root boot;	/* likewise, where loader/entries are (BLS guests) */
	int timeout;		/* seconds, the last number that is set; -1: none */
};

#define GRUB_MENU_INIT                                                                             \
	{                                                                                          \
		.timeout = -1                                                                      \
	}
void grub_menu_done(struct grub_menu *menu);
#define CLEANUP_GRUB_MENU CLEANUP(grub_menu_done)

/*
 * ERROR_DAMAGED, with the line, for quotes and blocks that do not end, 'fi' without 'if' and the
 * like, a NUL, more than 4 MiB, 4096 entries or 64 blocks within each other: a file that GRUB would
 * not execute to its end either. Commands that are not known are ignored.
 */
int grub_menu_parse(const struct file_bytes *file, struct grub_menu *ret, struct error *err);

/* "1>2" for the third entry in the second one, a submenu; cut off at the size. */
#define GRUB_PATH_TEXT 256
void grub_menu_path(const struct grub_menu *menu, size_t index, char ret[GRUB_PATH_TEXT]);

/*
 * The entry that GRUB would start by itself: by a number, a title, an id or a path of these
 * ("a>b"), by what 'env' (may be NULL) has saved, else the first one. *ret_is_sure is false when
 * conditions, variables, grub-reboot or a submenu without a choice in it leave a doubt: then look
 * at all entries. -ENOENT, without a message, when the menu has no entry that is no submenu.
 */
int grub_menu_default(const struct grub_menu *menu, const struct grub_env *env, size_t *ret_index,
		      bool *ret_is_sure);

#endif
