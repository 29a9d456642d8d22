/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real SYSTEM hives, read where they are present. */
#ifndef HVGEN2_TESTS_SUPPORT_REAL_HIVE_H
#define HVGEN2_TESTS_SUPPORT_REAL_HIVE_H

#include <stddef.h>
#include <stdint.h>

/* "SYSTEM-win7-vmware.hiv", unpacked into new memory, to be freed; *ret_size is 0 when it is not
 * there. */
uint8_t *real_hive(const char *name, size_t *ret_size);

#endif
