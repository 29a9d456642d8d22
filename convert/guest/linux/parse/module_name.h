/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of kernel modules. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_MODULE_NAME_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_MODULE_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Is the path, of 'size' bytes, that of the module: "kernel/drivers/hv/hv-vmbus.ko.zst" of
 * "hv_vmbus"? - and _ are one, as for modprobe. */
bool module_is_named(const char *path, size_t size, const char *name);

#endif
