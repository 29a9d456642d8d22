/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many columns of a terminal a text takes: two for what East Asia writes and for emojis, none for a mark on the character before
 * it. Not wcwidth(), which knows the characters of the locale alone, and nothing in a C locale; nor libunistring, which nothing here
 * is linked with.
 */
#ifndef HVGEN2_COMMON_WIDTH_H
#define HVGEN2_COMMON_WIDTH_H

#include <stddef.h>
#include <stdint.h>

/* Of a code point: 0, 1 or 2. Controls, which are not shown, count as 1. */
unsigned int width_of(uint32_t point);

/* Of UTF-8 in a column, at most: a character and two marks. In front of the first one two more marks may stand. */
#define WIDTH_MOST_BYTES 12

/* Where one is in a text. All zero at its begin. */
struct width {
	unsigned int marks; /* on the last character */
};

/* Of the character at *text, which moves behind it; a byte that is no UTF-8 is one. *text is in front of 'end', behind which a NUL
 * or more text stands. Of many marks on one character all but two count. */
size_t width_next(const char **text, const char *end, struct width *width);

/* Columns of what stands in front of 'end', as width_next() has it; no further than into what is beyond 'most': lines may be long. */
size_t width_of_text(const char *text, const char *end, size_t most);

#endif
