/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elements of a boot store as text: for listings, JSON and differences. */
#ifndef HVGEN2_BCD_VALUE_H
#define HVGEN2_BCD_VALUE_H

#include "bcd/store.h"

/* The lines of one element: one, or one for each member of a list. */
struct bcd_texts {
	char **list;
	size_t count;
};

#define BCD_TEXTS_INIT                                                                             \
	{                                                                                          \
		.list = NULL                                                                       \
	}
void bcd_texts_done(struct bcd_texts *texts);
#define CLEANUP_BCD_TEXTS CLEANUP(bcd_texts_done)

/*
 * "partition=...", "Yes", "OptIn", "{bootmgr}" ...: as bcdedit prints them, GUIDs in the place of
 * drive letters. What is not of the form its code demands is printed as hexadecimal bytes. Errors:
 * no memory.
 */
int bcd_element_texts(uint32_t object_type, const struct bcd_element *element,
		      struct bcd_texts *ret, struct error *err);

/* "{bootmgr}" or "{guid}". Fills and returns 'text'. */
#define BCD_ID_SIZE (GUID_TEXT_SIZE + 2)
char *bcd_id_text(const struct guid *id, char text[BCD_ID_SIZE]);

/* Bring the objects into the order of 'bcdedit /enum all'. */
void bcd_sort_for_listing(struct bcd_store *store);

#endif
