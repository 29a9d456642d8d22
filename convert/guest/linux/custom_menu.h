/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a guest's administrator has added to its menu: custom.cfg, which grub.cfg of grub-mkconfig
 * sources where it is there. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_CUSTOM_MENU_H
#define HVGEN2_CONVERT_GUEST_LINUX_CUSTOM_MENU_H

#include "common/bytes.h"
#include "common/notes.h"
#include "convert/guest/linux/linux.h"
#include "convert/linux_files/linux_files.h"

/*
 * Put custom.cfg, which stands beside grub.cfg, into 'menu', the text of grub.cfg, where that
 * sources it: *ret_text is the whole, to be freed, or NULL when there is none, or nobody asks for
 * it. A custom.cfg that GRUB could not execute to its end is left out, with a warning. Errors:
 * those of linux_read_text().
 */
int linux_custom_menu(struct linux_files *boot, const struct linux_system *system,
		      const struct file_bytes *menu, char **ret_text, struct note_list *warnings,
		      struct error *err);

#endif
