/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes, and lists of numbers, for people. */
#ifndef HVGEN2_COMMON_SIZE_H
#define HVGEN2_COMMON_SIZE_H

#include <stddef.h>
#include <stdint.h>

#define SIZE_TEXT 32

/* "40 GiB", "350 MiB", "512 bytes", at most one decimal, rounded down. Returns 'buffer'. */
const char *size_text(uint64_t size, char buffer[SIZE_TEXT]);

/* Append to a list, "1, 3, 5", that is a string in 'room' bytes. What does not fit is left out. */
void list_number(char *list, size_t room, unsigned int number);

#endif
