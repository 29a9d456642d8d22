/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guest's own boot menu: what it starts by default. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_MENU_H
#define HVGEN2_CONVERT_GUEST_LINUX_MENU_H

#include "common/notes.h"
#include "convert/guest/linux/linux.h"
#include "convert/linux_files/linux_files.h"

#define LINUX_ADVICE_MENU                                                                          \
	"make the boot menu anew in the guest (update-grub, or grub2-mkconfig -o "                 \
	"/boot/grub2/grub.cfg), start the VM with it once, and convert again"

/*
 * Read grub.cfg, grubenv and loader/entries of the file system with /boot, and fill what of *system
 * follows from them. Errors: REFUSAL_LINUX_BOOT_MENU for a menu that starts nothing; ERROR_DAMAGED
 * when one of these files cannot be read; lack of memory, I/O.
 */
int linux_menu_read(struct linux_files *boot, struct linux_system *system,
		    struct note_list *warnings, struct error *err);

/* The path of a file that a menu names, on the file system of /boot: without "(hd0,msdos1)" and
 * "($root)" before it. Part of 'path'. */
const char *linux_menu_path(const char *path);

#endif
