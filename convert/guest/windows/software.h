/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Product and version of Windows. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SOFTWARE_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SOFTWARE_H

#include "convert/guest/windows/windows.h"

/*
 * Fill product, edition, version, is_server and what awaits a restart from the SOFTWARE hive below
 * windows->root. Errors as windows_find().
 */
int windows_read_software(struct volume *volume, struct windows *windows, struct error *err);

#endif
