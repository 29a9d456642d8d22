/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The entry point that libFuzzer and replay.c call; every fuzz_*.c defines it. */
#ifndef HVGEN2_TESTS_FUZZ_FUZZ_H
#define HVGEN2_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Feed one input to the parser under test. Returns 0. Crashes, sanitizer findings and abort() are
 * failures. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
