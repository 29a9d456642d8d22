/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control sets of a SYSTEM hive: see control_set.h. */
#include "convert/guest/windows/system/control_set.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"

bool control_set_is(const char *name)
{
	static const char prefix[] = "ControlSet";
	const char *digits = name + sizeof(prefix) - 1;

	return strncasecmp(name, prefix, sizeof(prefix) - 1) == 0 &&
	       isdigit((unsigned char)digits[0]) && isdigit((unsigned char)digits[1]) &&
	       isdigit((unsigned char)digits[2]) && digits[3] == '\0';
}

static hive_node_h find_set(struct hive *hive, uint32_t number)
{
	char name[32];

	snprintf(name, sizeof(name), "ControlSet%03" PRIu32, number);
	return hive_find(hive, 0, name);
}

hive_node_h control_set_current(struct hive *hive)
{
	static const char *const values[] = {"Default", "Current"};
	hive_node_h select = hive_find(hive, 0, "Select"), set = 0;
	uint32_t number;

	for (size_t i = 0; select && !set && i < ARRAY_SIZE(values); i++)
		if (hive_get_dword(hive, select, values[i], &number))
			set = find_set(hive, number);
	for (number = 1; !set && number <= 999; number++)
		set = find_set(hive, number);
	return set;
}
