/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What windows.c and windows_software.c share. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SOFTWARE_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SOFTWARE_H

#include "convert/guest/windows/windows.h"

/* The longest path made here: the root and the deepest file below it. */
#define WINDOWS_PATH_SIZE 160

/* "ROOT\\BELOW". */
void windows_path(char path[WINDOWS_PATH_SIZE], const char *root, const char *below);

/*
 * Fill product, edition, version and is_server from the SOFTWARE hive below windows->root. Errors
 * as windows_find().
 */
int windows_read_software(struct volume *volume, struct windows *windows, struct error *err);

#endif
