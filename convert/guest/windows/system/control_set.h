/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control sets of a SYSTEM hive: "ControlSet001" and its like, of which there are one to four. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_CONTROL_SET_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_CONTROL_SET_H

#include "common/hive/hive.h"

struct control_set {
	hive_node_h node;
	const char *name;
	bool is_current; /* the one that Windows starts with */
};

/* Is this the name of one? */
bool control_set_is(const char *name);

/*
 * The one that Windows starts with: Select\Default, from which the boot loader makes Current; where
 * that names none, Current, else the first. 0 when there is none.
 */
hive_node_h control_set_current(struct hive *hive);

#endif
