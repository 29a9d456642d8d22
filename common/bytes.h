/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Integers at byte addresses, in a fixed byte order, with no alignment demand. On-disk structures
 * are read and written with these at named offsets, never by casting a buffer. And the contents of
 * a file as one argument.
 */
#ifndef HVGEN2_COMMON_BYTES_H
#define HVGEN2_COMMON_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DEFINE_BYTES(bits, order)                                                                  \
	static inline uint##bits##_t get_##order##bits(const void *at)                             \
	{                                                                                          \
		uint##bits##_t value;                                                              \
		memcpy(&value, at, sizeof(value));                                                 \
		return order##bits##toh(value);                                                    \
	}                                                                                          \
	static inline void put_##order##bits(void *at, uint##bits##_t value)                       \
	{                                                                                          \
		value = hto##order##bits(value);                                                   \
		memcpy(at, &value, sizeof(value));                                                 \
	}

DEFINE_BYTES(16, le)
DEFINE_BYTES(32, le)
DEFINE_BYTES(64, le)
DEFINE_BYTES(16, be)
DEFINE_BYTES(32, be)
DEFINE_BYTES(64, be)
#undef DEFINE_BYTES

/* What a file holds, or a part of it, and its name for messages. All is borrowed. */
struct file_bytes {
	const uint8_t *data; /* may be NULL when size is 0 */
	size_t size;
	const char *name;
};

/* Are all 'length' bytes zero? True for length 0. */
static inline bool is_zero(const void *at, size_t length)
{
	const unsigned char *byte = at;

	return length == 0 || (byte[0] == 0 && memcmp(byte, byte + 1, length - 1) == 0);
}

#endif
