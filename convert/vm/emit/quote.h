/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hostile texts in a script: common/powershell.h, for texts of any length. */
#ifndef HVGEN2_CONVERT_VM_EMIT_QUOTE_H
#define HVGEN2_CONVERT_VM_EMIT_QUOTE_H

#include "common/buffer.h"

/*
 * Append an expression that is exactly 'text' (WTF-8); NULL is $null. A chain of '+' is as deep to PowerShell as it is long,
 * and a text of a tenant's may have any number of line ends: a long one is joined of short ones,
 *
 *   (-join (('one' + [char]0x000A + 'two'), 'three'))
 *
 * Text that is malformed fails the buffer, as running out of memory does.
 */
void emit_quote(struct buffer *out, const char *text);

#endif
