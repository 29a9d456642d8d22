/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether data disks that move with the VM come online: the SAN policy. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_SAN_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_SAN_H

#include "convert/guest/windows/system/edit.h"

/*
 * Set the policy in one control set when the owner of the hive says so; else warn when the set is
 * the current one and disks would stay offline. Errors: ERROR_DAMAGED, ENOMEM.
 */
int san_convert(struct system_edit *edit, const struct control_set *set);

#endif
