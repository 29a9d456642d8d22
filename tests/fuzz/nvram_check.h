/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must hold of every input that the readers of nvram/ accept. */
#ifndef HVGEN2_TESTS_FUZZ_NVRAM_CHECK_H
#define HVGEN2_TESTS_FUZZ_NVRAM_CHECK_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decode a store. When it is one: every boot entry is taken apart; with no change it comes back
 * byte for byte; and with a variable more, one less and one changed it reads back as wanted, or the
 * change was refused. abort() otherwise.
 */
void nvram_check_store(const uint8_t *bytes, size_t size);

#endif
