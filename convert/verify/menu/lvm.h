/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of logical volumes, out of the metadata of LVM2 (lvm2, lib/format_text). */
#ifndef HVGEN2_CONVERT_VERIFY_MENU_LVM_H
#define HVGEN2_CONVERT_VERIFY_MENU_LVM_H

#include <stdbool.h>

#define LVM_NAME 128 /* as long as LVM allows, with the NUL */

/* Call 'take' for each volume in the text of a group that is shown to users: none of which others
 * are made (an image of a mirror is another file system of the same UUID). What is no name of LVM's
 * is left out. */
void verify_lvm_names(const char *text,
		      void (*take)(void *opaque, const char *group, const char *volume),
		      void *opaque);

#endif
