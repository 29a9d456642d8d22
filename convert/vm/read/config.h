/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A configuration file of a VM, of either format, as a tree. */
#ifndef HVGEN2_CONVERT_VM_READ_CONFIG_H
#define HVGEN2_CONVERT_VM_READ_CONFIG_H

#include "convert/vm/read/tree.h"

enum vm_format { VM_FORMAT_XML, VM_FORMAT_VMCX, VM_FORMAT_MAX };

/* "xml", "vmcx". */
const char *vm_format_text(enum vm_format format);

/*
 * Read a configuration; which format it has, its first bytes say: nothing but the tree hangs on it.
 * Errors: ERROR_DAMAGED, with an advice; REFUSAL_VM_CONFIG_VERSION; REFUSAL_NO_VM for a container
 * or an XML file that is well but no VM's configuration (a host's list of VMs, say); -ENOMEM. On
 * failure the outputs are untouched.
 */
int vm_config_read(const struct file_bytes *file, struct vm_tree *ret, enum vm_format *ret_format,
		   struct error *err);

#endif
