/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults of single elements: what the boot library would refuse, for the checker and for the
 * repairs of the conversion. */
#ifndef HVGEN2_BCD_CHECK_H
#define HVGEN2_BCD_CHECK_H

#include "bcd/store.h"

/*
 * Is the element of the form that its code demands? The boot library makes an object with one bad
 * element unreadable as a whole. True with a clause in 'fault' ("has 3 bytes, expected 1") when
 * not.
 */
#define BCD_FAULT_SIZE 192
bool bcd_element_is_faulty(const struct bcd_element *element, char fault[BCD_FAULT_SIZE]);

/* All findings of bcd_check() in an open store. */
void bcd_check_store(const struct bcd_store *store, struct bcd_notes *notes);

#endif
