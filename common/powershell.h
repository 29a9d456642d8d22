/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts of a guest in lines that an administrator gives to PowerShell. They are hostile: what can
 * end a quotation, move the cursor or turn the direction of writing must not.
 */
#ifndef HVGEN2_COMMON_POWERSHELL_H
#define HVGEN2_COMMON_POWERSHELL_H

/*
 * An expression that is exactly 'utf8' (WTF-8, see utf16.h), on one line and without characters
 * that a terminal does not just show: 'web 01', or ('a' + [char]0x000A + 'b'). New memory, to be
 * freed; NULL when out of memory or when the text is malformed.
 */
char *powershell_quote(const char *utf8);

#endif
