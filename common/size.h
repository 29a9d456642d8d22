/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes for people. */
#ifndef HVGEN2_COMMON_SIZE_H
#define HVGEN2_COMMON_SIZE_H

#include <stdint.h>

#define SIZE_TEXT 32

/* "40 GiB", "350 MiB", "512 bytes", at most one decimal, rounded down. Returns 'buffer'. */
const char *size_text(uint64_t size, char buffer[SIZE_TEXT]);

#endif
