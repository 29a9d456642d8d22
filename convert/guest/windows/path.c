/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths below the folder of Windows: see windows.h. */
#include "convert/guest/windows/windows.h"

#include <stdio.h>

void windows_path(char path[WINDOWS_PATH_SIZE], const char *root, const char *below)
{
	snprintf(path, WINDOWS_PATH_SIZE, "%s\\%s", root, below);
}
