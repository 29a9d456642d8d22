/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A growing run of bytes: see buffer.h. */
#include "common/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"

/* No store comes near it; it bounds what a hostile input can make of a small file. */
#define MAX_SIZE (64 * MIB)

void buffer_done(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer)BUFFER_INIT;
}

static bool reserve(struct buffer *buffer, size_t more)
{
	size_t wanted = 256;
	uint8_t *data;

	if (buffer->failed || more > MAX_SIZE - buffer->size) {
		buffer->failed = true;
		return false;
	}
	if (buffer->data && buffer->size + more <= buffer->capacity)
		return true;
	while (wanted < buffer->size + more)
		wanted *= 2;
	data = realloc(buffer->data, wanted);
	if (!data) {
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->capacity = wanted;
	return true;
}

uint8_t *buffer_extend(struct buffer *buffer, size_t size)
{
	if (!reserve(buffer, size))
		return NULL;
	buffer->size += size;
	return buffer->data + buffer->size - size;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
	uint8_t *at = buffer_extend(buffer, size);

	if (at && size > 0)
		memcpy(at, data, size);
}

void buffer_text(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		buffer->failed = true;
		return;
	}
	buffer_append(buffer, text, (size_t)length);
	free(text);
}

void buffer_fill(struct buffer *buffer, uint8_t value, size_t size)
{
	uint8_t *at = buffer_extend(buffer, size);

	if (at)
		memset(at, value, size);
}

void buffer_le16(struct buffer *buffer, uint16_t value)
{
	uint8_t bytes[2];

	put_le16(bytes, value);
	buffer_append(buffer, bytes, sizeof(bytes));
}

void buffer_le32(struct buffer *buffer, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	buffer_append(buffer, bytes, sizeof(bytes));
}

int buffer_utf16(struct buffer *buffer, const char *utf8, struct error *err)
{
	size_t size;
	CLEANUP_FREE uint8_t *utf16 = utf8_to_utf16le(utf8, &size);

	if (!utf16)
		return error_errno(err, "'%s': cannot convert to UTF-16", utf8);
	buffer_append(buffer, utf16, size);
	return 0;
}

int buffer_take(struct buffer *buffer, uint8_t **ret, size_t *ret_size, struct error *err)
{
	if (!reserve(buffer, 0))
		return error_failed(err, ENOMEM, "out of memory");
	*ret = TAKE(buffer->data);
	*ret_size = buffer->size;
	buffer_done(buffer);
	return 0;
}

char *buffer_take_text(struct buffer *buffer)
{
	char *text;

	buffer_append(buffer, "", 1);
	if (buffer->failed)
		return NULL;
	text = (char *)TAKE(buffer->data);
	buffer_done(buffer);
	return text;
}
