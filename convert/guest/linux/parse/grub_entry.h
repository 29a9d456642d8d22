/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A menu entry of grub.cfg: what its head says, and the commands in its body. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_ENTRY_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "convert/guest/linux/parse/grub_script.h"

#define GRUB_NO_PARENT SIZE_MAX

/* Which device a variable is, by what was said last: 'set root=DEVICE', and a search behind it, which
 * has the last word when it finds something. */
struct grub_root {
	char *device;	 /* "hd0,msdos1"; NULL: it is not set */
	char *uuid;	 /* that is searched for behind it; NULL: none is */
	bool is_by_name; /* what is searched for is a file, a label, or what a variable says */
	bool is_unsure;	 /* it is also set under a condition */
};

void grub_root_done(struct grub_root *root);

/* A command that may set the variable 'name'. Searches under a condition count: menus have one for each
 * kind of GRUB. False when out of memory. */
bool grub_root_command(const struct grub_command *command, const char *name, bool is_conditional,
		       struct grub_root *root);

/* A menuentry or a submenu. */
struct grub_entry {
	char *title;
	char *id;	     /* the title when it has none, as in GRUB */
	bool is_submenu;     /* then there is no kernel */
	bool is_conditional; /* within 'if' or a loop, or its submenu is */
	size_t parent; /* the submenu that it is in, an index of entries[]; or GRUB_NO_PARENT */
	unsigned int depth;    /* 0 at the top */
	unsigned int position; /* among those of its parent, from 0 */
	unsigned int line;
	char *kernel;	 /* "/boot/vmlinuz-..." or "($root)/..."; NULL when the entry starts none */
	char *arguments; /* the command line without the kernel; NULL without a kernel */
	char **initrds;
	size_t initrd_count;
	struct grub_root root;	  /* where the kernel is looked for, beside what is said outside */
	bool uses_linux16;	  /* linux16 or initrd16 */
	bool has_several_kernels; /* by conditions; this is the first one */
	bool is_foreign;	  /* chainloader, multiboot, configfile ...: not by 'linux' alone */
};

void grub_entry_done(struct grub_entry *entry);

/* Title and id of "menuentry TITLE [--id ID] ..."; false when out of memory. */
bool grub_entry_head(const struct grub_command *command, struct grub_entry *entry);

/* A command of the body, under a condition in it or not; those that do not tell what is started are
 * ignored. False when out of memory. */
bool grub_entry_command(const struct grub_command *command, bool is_conditional,
			struct grub_entry *entry);

#endif
