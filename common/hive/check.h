/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is a hive sound in all that libhivex trusts? libhivex looks at bins and cells when it opens a
 * hive, but follows pointers within cells later, with assertions: a cell that two owners share, or
 * a count of references that is too low, ends the program when a key is removed. hive_open() runs
 * this first.
 */
#ifndef HVGEN2_COMMON_HIVE_CHECK_H
#define HVGEN2_COMMON_HIVE_CHECK_H

#include <stddef.h>

#include "common/error.h"

/*
 * Walk all keys from the root: every pointer leads to an allocated cell of the right kind that
 * holds what it says, no cell has two owners, keys are at most 512 deep, and security descriptors
 * have the references that they count. The base block must have been checked. Errors: ERROR_DAMAGED
 * with the offset in the file.
 */
int hive_check(const void *hive, size_t size, const char *name, struct error *err);

#endif
