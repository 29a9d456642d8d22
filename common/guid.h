/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * GUIDs as Microsoft and EFI store them: 16 bytes, of which the first three groups are
 * little-endian and the last eight bytes stand as written (UEFI specification, appendix A). The
 * bytes are kept as on disk and converted only for printing and parsing.
 */
#ifndef HVGEN2_COMMON_GUID_H
#define HVGEN2_COMMON_GUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guid {
	uint8_t bytes[16];
};

/* A GUID constant from its five printed groups: GUID(0xc12a7328, 0xf81f, 0x11d2, 0xba4b,
 * 0x00a0c93ec93b). */
#define GUID(a, b, c, d, e)                                                                        \
	((struct guid){{(uint8_t)((a) >> 0), (uint8_t)((a) >> 8), (uint8_t)((a) >> 16),            \
			(uint8_t)((a) >> 24), (uint8_t)((b) >> 0), (uint8_t)((b) >> 8),            \
			(uint8_t)((c) >> 0), (uint8_t)((c) >> 8), (uint8_t)((d) >> 8),             \
			(uint8_t)((d) >> 0), (uint8_t)(UINT64_C(e) >> 40),                         \
			(uint8_t)(UINT64_C(e) >> 32), (uint8_t)(UINT64_C(e) >> 24),                \
			(uint8_t)(UINT64_C(e) >> 16), (uint8_t)(UINT64_C(e) >> 8),                 \
			(uint8_t)(UINT64_C(e) >> 0)}})

/* "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" and its NUL. */
#define GUID_TEXT_SIZE 37

bool guid_equal(const struct guid *a, const struct guid *b);
bool guid_is_zero(const struct guid *guid);

/* Write the lower-case text form without braces. Returns 'text'. */
char *guid_format(const struct guid *guid, char text[GUID_TEXT_SIZE]);

/*
 * Parse the text form, with or without braces, in any case. The whole of 'text' must be consumed.
 * On false *ret is untouched.
 */
bool guid_parse(const char *text, struct guid *ret);

/*
 * A name-based GUID, version 5 (RFC 4122 section 4.3, SHA-1): the same 'space' and 'name' always
 * give the same GUID. 'name' may be any bytes.
 */
struct guid guid_from_name(const struct guid *space, const void *name, size_t length);

/* A random GUID, version 4. */
struct guid guid_random(void);

#endif
