/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must hold of every configuration that is read. */
#ifndef HVGEN2_TESTS_FUZZ_VM_FUZZ_H
#define HVGEN2_TESTS_FUZZ_VM_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/*
 * Read a configuration. When it is one: its tree survives the way out of the sandbox, its settings are taken out, each leaf has one
 * row, with what a row of its status has, and no two drives go to one place. abort() otherwise.
 */
void vm_fuzz_config(const uint8_t *data, size_t size);

#endif
