/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The encodings of ReAgent.xml: see reagent_text.h. */
#include "convert/guest/windows/reagent_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf16.h"

void reagent_text_done(struct reagent_text *text)
{
	free(text->memory);
	*text = (struct reagent_text)REAGENT_TEXT_INIT;
}

static bool begins_with(const struct file_bytes *file, uint8_t a, uint8_t b)
{
	return file->size >= 2 && file->data[0] == a && file->data[1] == b;
}

static bool is_big_endian(const struct file_bytes *file)
{
	return begins_with(file, 0xfe, 0xff) || begins_with(file, 0, '<');
}

bool reagent_is_utf16(const struct file_bytes *file)
{
	return is_big_endian(file) || begins_with(file, 0xff, 0xfe) || begins_with(file, '<', 0);
}

static void swap_units(uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i + 2 <= size; i += 2) {
		uint8_t first = bytes[i];

		bytes[i] = bytes[i + 1];
		bytes[i + 1] = first;
	}
}

int reagent_text_encode(const struct reagent_text *text, uint8_t **bytes, size_t *size,
			struct error *err)
{
	CLEANUP_FREE char *plain = NULL;
	uint8_t *utf16;

	if (!text->is_utf16)
		return 0;
	plain = strndup((const char *)*bytes, *size);
	utf16 = plain ? utf8_to_utf16le(plain, size) : NULL;
	if (!utf16)
		return error_failed(err, ENOMEM, "'%s': out of memory", text->plain.name);
	*size -= 2; /* the terminator */
	if (text->is_big_endian)
		swap_units(utf16, *size);
	free(*bytes);
	*bytes = utf16;
	return 0;
}

/* What is edited is given back whole: an odd byte, a NUL or a lone surrogate may be in the way. */
static int check_round_trip(const struct reagent_text *text, const struct file_bytes *file,
			    struct error *err)
{
	CLEANUP_FREE uint8_t *again = (uint8_t *)strdup(text->memory);
	size_t size = text->plain.size;
	int r = again ? reagent_text_encode(text, &again, &size, err)
		      : error_failed(err, ENOMEM, "'%s': out of memory", file->name);

	if (r == 0 && (size != file->size || memcmp(again, file->data, size) != 0))
		r = error_damaged(err, "'%s': not a ReAgent.xml: damaged UTF-16", file->name);
	return r;
}

int reagent_text_open(const struct file_bytes *file, struct reagent_text *ret, struct error *err)
{
	CLEANUP_REAGENT_TEXT struct reagent_text text = {.plain = *file,
							 .is_utf16 = reagent_is_utf16(file),
							 .is_big_endian = is_big_endian(file)};
	CLEANUP_FREE uint8_t *copy = NULL;
	int r = 0;

	if (text.is_utf16) {
		copy = malloc(file->size);
		if (copy)
			memcpy(copy, file->data, file->size);
		if (copy && text.is_big_endian)
			swap_units(copy, file->size);
		text.memory = copy ? utf16le_to_utf8(copy, file->size) : NULL;
		if (!text.memory)
			return error_failed(err, ENOMEM, "'%s': out of memory", file->name);
		text.plain = (struct file_bytes){(const uint8_t *)text.memory, strlen(text.memory),
						 file->name};
		r = check_round_trip(&text, file, err);
	}
	if (r < 0)
		return r;
	*ret = text;
	text.memory = NULL;
	return 0;
}
