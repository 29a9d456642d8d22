/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drivers that a generation 2 VM starts from. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_DRIVERS_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_DRIVERS_H

#include "convert/guest/windows/system/edit.h"

/* Let them start, in one control set. Errors: ERROR_DAMAGED, ENOMEM. */
int drivers_convert(struct system_edit *edit, const struct control_set *set);

#endif
