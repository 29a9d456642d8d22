/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made configurations, read. For tests: what cannot be done ends the test. */
#ifndef HVGEN2_TESTS_CONVERT_VM_CONFIG_H
#define HVGEN2_TESTS_CONVERT_VM_CONFIG_H

#include "convert/vm/read/config.h"
#include "convert/vm/vm.h"
#include "tests/fixtures/vm_config.h"

/* The sample, without the keys that begin with 'drop' (NULL: all) and with a line more (NULL:
 * none); to be freed. */
char *config_sample(const char *drop, const char *line);

/* The sample so changed, as a container, read. */
struct vm_tree config_tree(const char *drop, const char *line);

/* The settings in it; to be released with vm_done(). */
struct vm config_extract(const char *drop, const char *line);

/* The row of a leaf, which must be there. */
const struct vm_row *config_row(const struct vm *vm, const char *path);

/* The tree as bytes, to compare. */
struct buffer config_packed(const struct vm_tree *tree);

#endif
