/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The edits in the guest's SYSTEM hive: drive letters and volume names follow their partitions from
 * MBR to GPT (MountedDevices), the VMBus is known by the name it has in a generation 2 VM, and the
 * drivers that such a VM starts from are boot-start.
 */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_REGISTRY_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_REGISTRY_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/error.h"
#include "common/notes.h"
#include "convert/guest/windows/system/owner.h"

/*
 * Edit the SYSTEM hive. The result is new memory, to be freed; *ret_hive is NULL when nothing had
 * to change. The same input always gives the same bytes, and nothing has to change in the result.
 */
int registry_convert(const struct file_bytes *hive, const struct hive_owner *owner,
		     uint8_t **ret_hive, size_t *ret_size, struct edit_notes *notes,
		     struct error *err);

#endif
