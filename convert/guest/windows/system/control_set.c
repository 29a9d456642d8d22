/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control sets of a SYSTEM hive: see control_set.h. */
#include "convert/guest/windows/system/control_set.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool control_set_is(const char *name)
{
	static const char prefix[] = "ControlSet";
	const char *digits = name + sizeof(prefix) - 1;

	return strncasecmp(name, prefix, sizeof(prefix) - 1) == 0 &&
	       isdigit((unsigned char)digits[0]) && isdigit((unsigned char)digits[1]) &&
	       isdigit((unsigned char)digits[2]) && digits[3] == '\0';
}

hive_node_h control_set_current(struct hive *hive)
{
	hive_node_h select = hive_find(hive, 0, "Select");
	uint32_t number = 1;
	char name[32];

	if (select)
		hive_get_dword(hive, select, "Current", &number);
	snprintf(name, sizeof(name), "ControlSet%03" PRIu32, number);
	return hive_find(hive, 0, name);
}
