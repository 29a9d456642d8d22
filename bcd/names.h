/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the objects, elements and values of a boot store are called in bcdedit. All texts are
 * static. */
#ifndef HVGEN2_BCD_NAMES_H
#define HVGEN2_BCD_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/guid.h"

/* "device", "osdevice" ...; the same code means different things in different objects. NULL when
 * there is no name. */
const char *bcd_element_name(uint32_t object_type, uint32_t code);

/* The same, and "custom:XXXXXXXX" in 'buffer' when there is no name. */
#define BCD_NAME_SIZE 16
const char *bcd_element_label(uint32_t object_type, uint32_t code, char buffer[BCD_NAME_SIZE]);

/* The elements that have a name, one after the other; false behind the last. */
struct bcd_known_element {
	uint32_t object_type; /* a type of object in which the code has this name */
	uint32_t code;
	const char *name;
};

bool bcd_known_element(size_t index, struct bcd_known_element *ret);

/* "{bootmgr}" for a well-known identifier; NULL for any other. */
const char *bcd_object_alias(const struct guid *id);

/* The line above an object: "Windows Boot Loader"; "Object XXXXXXXX" in 'buffer' for an unknown
 * type. */
#define BCD_HEADING_SIZE 32
const char *bcd_object_heading(const struct guid *id, uint32_t type, char buffer[BCD_HEADING_SIZE]);

/* "OptIn" for 0 of nx; NULL when values of that element have no names. */
const char *bcd_value_name(uint32_t object_type, uint32_t code, uint64_t value);

#endif
