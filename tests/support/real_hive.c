/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real SYSTEM hives: see real_hive.h. */
#include "tests/support/real_hive.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_SIZE ((size_t)1 << 25)

uint8_t *real_hive(const char *name, size_t *ret_size)
{
	char command[512];
	uint8_t *bytes = malloc(MAX_SIZE);
	FILE *pipe;

	snprintf(command, sizeof(command), "xz -dc %s/hives/system/%s.xz 2>/dev/null", SHARED_DATA,
		 name);
	pipe = popen(command, "r");
	if (!bytes || !pipe)
		abort();
	*ret_size = fread(bytes, 1, MAX_SIZE, pipe);
	pclose(pipe);
	return bytes;
}
