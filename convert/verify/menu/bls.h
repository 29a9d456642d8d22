/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entries of the Boot Loader Specification (UAPI.1, "Type #1"), which the command blscfg shows. */
#ifndef HVGEN2_CONVERT_VERIFY_MENU_BLS_H
#define HVGEN2_CONVERT_VERIFY_MENU_BLS_H

#include "convert/verify/menu/menu.h"

/*
 * Add the entry that a file NAME.conf holds, with its name without ".conf" as its id; what there is no
 * room for is left out. False when out of memory.
 */
bool verify_bls_add(struct menu *menu, const char *name, const char *text);

/*
 * As verify_menu_default(), of a menu whose entries from 'first' on are of such files: the one that
 * menu->wanted names, or of those, as its order is by versions that are not compared here, all but
 * those for rescue, unless there are no others. 0 only where there is none at all.
 */
size_t verify_bls_default(const struct menu *menu, size_t first, size_t ret[MENU_ENTRIES]);

#endif
