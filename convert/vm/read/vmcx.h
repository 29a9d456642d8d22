/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading the container of a configuration: its layout stands in vmcx_format.h. */
#ifndef HVGEN2_CONVERT_VM_READ_VMCX_H
#define HVGEN2_CONVERT_VM_READ_VMCX_H

#include "common/bytes.h"
#include "convert/vm/read/tree.h"

/* Real files have 48 to 80 KiB; a host's saved state, which is none of ours, gigabytes. */
#define VMCX_MAX_SIZE (64U << 20)

/*
 * All keys as a tree. A log that is not empty is replayed in memory, which ret->warnings says. Keys
 * that belong to no other are left out with a warning. Errors: ERROR_DAMAGED with the offset,
 * REFUSAL_VM_CONFIG_VERSION for another version of the container; -ENOMEM. On failure *ret is
 * untouched.
 */
int vmcx_read(const struct file_bytes *file, struct vm_tree *ret, struct error *err);

#endif
