/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drive letters and volume names follow their partitions from MBR to GPT. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_MOUNTED_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_MOUNTED_H

#include "convert/guest/windows/system/edit.h"

/* Edit MountedDevices. Errors: ERROR_DAMAGED, ENOMEM. */
int mounted_convert(struct system_edit *edit);

#endif
