/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The menu of a Linux guest: what its entries start, and which of them GRUB starts by itself. */
#ifndef HVGEN2_CONVERT_VERIFY_MENU_MENU_H
#define HVGEN2_CONVERT_VERIFY_MENU_MENU_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "convert/verify/menu/script.h"

#define MENU_ENTRIES 512
#define MENU_INITRDS 8
#define MENU_NONE    ((size_t)-1)

/* Where a menu goes on with a file that was not read. All zero: it does not. */
struct menu_gap {
	bool is_there;
	size_t at; /* the index that its first entry would have */
};

struct menu_entry {
	char *title, *id; /* NULL: none */
	size_t parent;	  /* the submenu in which it is; MENU_NONE: none */
	bool is_submenu;
	struct menu_gap gap;	/* of a submenu */
	char uuid[SCRIPT_UUID]; /* of the file system that it searches for; "": that of the menu */
	bool is_root_unknown;	/* it names a disk, or searches by something else than a UUID */
	/* Paths on that file system. NULL: it starts no Linux, or the path cannot be told. */
	char *kernel;
	char *initrds[MENU_INITRDS];
	size_t initrd_count;
};

/* Embedded; all zero is an empty one. */
struct menu {
	struct menu_entry list[MENU_ENTRIES]; /* in the menu's order; what is beyond is left out */
	size_t count;
	char wanted[SCRIPT_WORD]; /* what 'default' was set to */
	bool has_blscfg;	  /* it shows entries of the Boot Loader Specification */
	struct menu_gap gap;	  /* the first one, not of a submenu */
	bool has_unread;	  /* it, or a submenu, has one */
};

/* Embedded; its texts are borrowed. */
struct menu_source {
	const char *text;   /* of grub.cfg */
	const char *saved;  /* what its grubenv has as saved_entry, or "" */
	const char *folder; /* in which grub.cfg is ("/boot/grub"; "" at the top) */
	/* A file that the menu reads besides ("/boot/grub/custom.cfg"), to be freed; NULL when it
	 * is not there, or (*ret_is_there) cannot be read. */
	char *(*read)(void *opaque, const char *path, bool *ret_is_there);
	void *opaque;
};

void verify_menu_done(struct menu *menu);

/*
 * Read a guest's menu, with the files that it sources. False when out of memory; *ret is to be released
 * in every case.
 */
bool verify_menu_parse(const struct menu_source *source, struct menu *ret);

/*
 * Which entries GRUB may start: *ret[0..count) are indexes, one for the default, more when it cannot be
 * told which that is. None of them is a submenu. 0 when there is none, or when it may be in a file that
 * was not read.
 */
size_t verify_menu_default(const struct menu *menu, size_t ret[MENU_ENTRIES]);

/* The value of 'name' in a grubenv, "" when it has none: lines of NAME=VALUE. */
void verify_menu_env(const char *text, const char *name, char ret[SCRIPT_WORD]);

#endif
