/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes for people: see size.h. */
#include "common/size.h"

#include <inttypes.h>
#include <stdio.h>

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
