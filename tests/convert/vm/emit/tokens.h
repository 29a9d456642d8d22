/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PowerShell's own rules for strings in single quotes, as its tokenizer has them, to read back what the emitter wrote; it
 * shares nothing with it. A string ends at any of the five quotes U+0027, U+2018, U+2019, U+201A, U+201B, whichever began it,
 * unless another of the five follows: then the first of the two is part of it.
 */
#ifndef HVGEN2_TESTS_CONVERT_VM_EMIT_TOKENS_H
#define HVGEN2_TESTS_CONVERT_VM_EMIT_TOKENS_H

#include <stdbool.h>

#include "common/buffer.h"

/*
 * The value of the expression at *text, which moves behind it, as UTF-16LE: 'string', or ('string' + [char]0xNNNN + ...), or
 * (-join (EXPRESSION, ...)). False when there is anything else, or a character within a string that is not to stand there raw:
 * controls, formats, private use.
 */
bool tokens_value(const char **text, struct buffer *ret);

/* What a value is compared with: the text as UTF-16LE. Unpaired surrogates (WTF-8) stay, bytes that are no UTF-8 are U+FFFD. */
void tokens_units(const char *text, struct buffer *ret);

#endif
