/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growing run of bytes. Running out of memory is remembered, so that only the end of a
 * construction need ask. */
#ifndef HVGEN2_COMMON_BUFFER_H
#define HVGEN2_COMMON_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/error.h"

struct buffer {
	uint8_t *data;
	size_t size;
	size_t capacity;
	bool failed; /* out of memory; all later additions are ignored */
};

#define BUFFER_INIT                                                                                \
	{                                                                                          \
		.data = NULL                                                                       \
	}
void buffer_done(struct buffer *buffer);
#define CLEANUP_BUFFER CLEANUP(buffer_done)

/* Append 'size' bytes and return where they stand, uninitialised; NULL when out of memory. */
uint8_t *buffer_extend(struct buffer *buffer, size_t size);

void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
void buffer_fill(struct buffer *buffer, uint8_t value, size_t size);
void buffer_le16(struct buffer *buffer, uint16_t value);
void buffer_le32(struct buffer *buffer, uint32_t value);

/* UTF-16LE with a terminating NUL. -EILSEQ when 'utf8' is malformed; -ENOMEM. */
int buffer_utf16(struct buffer *buffer, const char *utf8, struct error *err);

/* Hand the bytes over (never NULL on success, even when empty); -ENOMEM when an addition failed. */
int buffer_take(struct buffer *buffer, uint8_t **ret, size_t *ret_size, struct error *err);

/* The same as a NUL-terminated string; NULL when out of memory. */
char *buffer_take_text(struct buffer *buffer);

#endif
