/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UTF-16LE as Microsoft stores it, to and from UTF-8. Unpaired surrogates, legal in NTFS and EFI
 * names, are kept as three-byte sequences (WTF-8), so that every 16-bit string survives a round
 * trip.
 */
#ifndef HVGEN2_COMMON_UTF16_H
#define HVGEN2_COMMON_UTF16_H

#include <stddef.h>
#include <stdint.h>

/*
 * Convert 'size' bytes (an odd last byte is ignored) to a new NUL-terminated UTF-8 string, to be
 * freed. Stops at the first NUL unit. NULL when out of memory.
 */
char *utf16le_to_utf8(const void *utf16, size_t size);

/*
 * Convert a UTF-8 string to a new buffer of UTF-16LE with a terminating NUL unit, to be freed.
 * *ret_size is its length in bytes including the NUL. NULL with errno EILSEQ when 'utf8' is not
 * well-formed, ENOMEM when out of memory.
 */
uint8_t *utf8_to_utf16le(const char *utf8, size_t *ret_size);

/*
 * The code point at *text, which moves behind it; unpaired surrogates are code points here (WTF-8).
 * UTF8_MALFORMED where there is none: then *text moves by one byte. Not to be called at the NUL.
 */
#define UTF8_MALFORMED UINT32_MAX
uint32_t utf8_next(const char **text);

#endif
