/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes and numbers for people: see size.h. */
#include "common/size.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"

const char *size_text(uint64_t size, char buffer[SIZE_TEXT])
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	size_t unit = 0;
	uint64_t rest = 0;

	while (size >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		rest = size % 1024;
		size /= 1024;
		unit++;
	}
	if (rest * 10 / 1024)
		snprintf(buffer, SIZE_TEXT, "%" PRIu64 ".%" PRIu64 " %s", size, rest * 10 / 1024,
			 units[unit]);
	else
		snprintf(buffer, SIZE_TEXT, "%" PRIu64 " %s", size, units[unit]);
	return buffer;
}

void list_number(char *list, size_t room, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%s%u", *list ? ", " : "", number);
	if (strlen(list) + strlen(text) < room)
		strcat(list, text);
}
