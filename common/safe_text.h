/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one door through which texts leave the program. Names of files, labels, registry values, boot
 * entries and messages of libraries come from guests, images and stores, and a terminal obeys what
 * stands in them: escape sequences, line ends that forge a line of ours, characters that turn the
 * direction of what follows.
 *
 * Shown instead of what it is, as \xNN when it is one byte and as \u{NNNN} else:
 *
 *   C0 controls, DEL                        \x1b, the line end too
 *   C1 controls                             \u{9B}
 *   line and paragraph separator            \u{2028}
 *   what turns the direction of text        \u{202E}: U+061C, 200E, 200F, 202A-202E, 2066-2069
 *   unpaired surrogates (WTF-8)             \u{D800}
 *   bytes that are no UTF-8                 \xFF
 *
 * A backslash stays one: paths of Windows are full of them, and the JSON has the true value.
 * No allocation, so that an error can be told when memory is out; errors are left to ferror().
 */
#ifndef HVGEN2_COMMON_SAFE_TEXT_H
#define HVGEN2_COMMON_SAFE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/cleanup.h"

/*
 * As fprintf(), but what a %s inserts is shown safely; the format itself is trusted, its line ends
 * stay. A precision counts bytes of the text, not within a character; a width the columns of what
 * is shown (width.h). Conversions are %s %c %d %i %u %x %X %f, with flags, widths and
 * lengths; any other is a fault of the program and ends it.
 */
void safe_printf(FILE *stream, const char *format, ...) PRINTF_LIKE(2, 3);
void safe_vprintf(FILE *stream, const char *format, va_list args) PRINTF_LIKE(2, 0);

/* A text of several lines, as it stands but for what is not safe: line ends stay. */
void safe_lines(FILE *stream, const char *text);

/* Is this code point of utf8_next() shown as it is? */
bool safe_is_shown(uint32_t point);

/* Is the text UTF-8, without unpaired surrogates, so that JSON can hold it? */
bool safe_is_utf8(const char *text);

/* A new string, to be freed, in which only what is no UTF-8 is shown as above: for JSON, which
 * keeps all else. NULL when out of memory. */
char *safe_utf8(const char *text);

/* The same as it is shown on a page. */
char *safe_copy(const char *text);

/*
 * JSON text, whose strings may hold DEL and characters from U+0080 up as they are: those that are
 * not safe are written as \uNNNN, which is the same value. A new string, to be freed; NULL when out
 * of memory.
 */
char *safe_json(const char *json);

#endif
