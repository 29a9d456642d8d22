/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other people's programs: see program.h. */
#include "common/program.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static bool find_in_folders(const char *folders, const char *name, char path[PROGRAM_PATH])
{
	while (*folders) {
		size_t length = strcspn(folders, ":");

		if (folders[0] == '/' && length < PROGRAM_PATH / 2 &&
		    snprintf(path, PROGRAM_PATH, "%.*s/%s", (int)length, folders, name) <
			    PROGRAM_PATH &&
		    is_program(path))
			return true;
		folders += length + (folders[length] == ':');
	}
	return false;
}

bool program_find(const char *name, const char *more, char path[PROGRAM_PATH])
{
	const char *folders = getenv("PATH");

	return (folders && find_in_folders(folders, name, path)) ||
	       find_in_folders(more, name, path);
}
