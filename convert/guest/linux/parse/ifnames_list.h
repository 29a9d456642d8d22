/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of network configurations share. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_IFNAMES_LIST_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_IFNAMES_LIST_H

#include "convert/guest/linux/parse/ifnames.h"
#include "convert/guest/linux/parse/lines.h"

#define IFNAMES_MAX_BYTES ((size_t)256 * 1024)

/* Is it the loopback's name? */
bool ifnames_is_loopback(const struct text_line *name);

/*
 * Add an adapter with this name (may be empty), of 'file' and the name's line. *ret_name is where
 * it stands until the next is added.
 */
int ifnames_add(const struct file_bytes *file, const struct text_line *interface,
		struct network_names *names, struct network_name **ret_name, struct error *err);

/* Add each address in 'text', which has blanks, commas, quotes or brackets between them; what is
 * none is left out, and so are more than some. */
void ifnames_add_addresses(const struct text_line *text, struct network_name *name);

/* Put the mask, or the length of the prefix, behind the newest address, where it has none. */
void ifnames_add_mask(const struct text_line *mask, struct network_name *name);

/* Replace the name or the MAC, whose field 'at' is. */
int ifnames_set(const struct file_bytes *file, const struct text_line *text, char **at,
		struct error *err);

#endif
