/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text of a ReAgent.xml, whatever its encoding. Windows writes UTF-8 with a byte order mark;
 * what its XML library reads as well, UTF-16 of either byte order, is taken and given back in the
 * encoding in which it was found.
 */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_REAGENT_TEXT_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_REAGENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/error.h"

/* Embedded; memory belongs to it, and the file must outlive it. */
struct reagent_text {
	struct file_bytes plain; /* compatible with ASCII */
	char *memory;		 /* of 'plain', when it is not that of the file */
	bool is_utf16, is_big_endian;
};

#define REAGENT_TEXT_INIT                                                                          \
	{                                                                                          \
		.memory = NULL                                                                     \
	}
void reagent_text_done(struct reagent_text *text);
#define CLEANUP_REAGENT_TEXT CLEANUP(reagent_text_done)

/* By the byte order mark, or by a '<' of 16 bits. */
bool reagent_is_utf16(const struct file_bytes *file);

/* Errors: ERROR_DAMAGED when UTF-16 would not come back byte for byte. */
int reagent_text_open(const struct file_bytes *file, struct reagent_text *ret, struct error *err);

/* Edited plain text, which is freed, in the encoding of 'text'; *bytes and *size are replaced. */
int reagent_text_encode(const struct reagent_text *text, uint8_t **bytes, size_t *size,
			struct error *err);

#endif
