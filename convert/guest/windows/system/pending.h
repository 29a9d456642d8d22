/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Updates that are half installed. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_PENDING_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_PENDING_H

#include "convert/guest/windows/system/edit.h"

/* Warn when the owner of the hive or this control set says that something waits for a restart. */
void pending_warn(struct system_edit *edit, const struct control_set *set);

#endif
