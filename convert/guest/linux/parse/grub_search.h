/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GRUB's search (GNU GRUB manual, "search"): which device a variable is to be. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_SEARCH_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "convert/guest/linux/parse/grub_script.h"

/* All is borrowed from the words. */
struct grub_search {
	const char *what;     /* that is searched for; NULL: nothing */
	const char *variable; /* that gets the device; NULL: none, it is printed */
	bool is_by_uuid;      /* of a file system; else by label or file */
};

/* "search --no-floppy --fs-uuid --set=root --hint-bios=hd0,msdos1 UUID", "search.fs_uuid UUID root
 * HINT...". False for what is no search. */
bool grub_search_parse(const struct grub_word *words, size_t count, struct grub_search *ret);

#endif
