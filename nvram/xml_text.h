/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text of an XML file, found well-formed by libxml2 and without a document type declaration, and
 * where its elements stand; and a file of a changed text.
 */
#ifndef HVGEN2_NVRAM_XML_TEXT_H
#define HVGEN2_NVRAM_XML_TEXT_H

#include "common/bytes.h"
#include "common/xml_spans.h"
#include "nvram/buffer.h"

struct xml_text {
	char *text; /* UTF-8, NUL-terminated */
	size_t size;
	bool is_utf16;
	size_t bom_size; /* bytes of the file before the text */
	const char *newline;
	struct span_tree tree; /* of the text */
};

#define XML_TEXT_INIT                                                                              \
	{                                                                                          \
		.text = NULL                                                                       \
	}
void xml_text_done(struct xml_text *xml);
#define CLEANUP_XML CLEANUP(xml_text_done)

/* Does the file look like XML? */
bool xml_is_text(const uint8_t *bytes, size_t size);

/* The text of a file in UTF-16LE or UTF-8, found well-formed; the encoding declaration is not
 * trusted. */
int xml_load(const struct file_bytes *file, struct xml_text *ret, struct error *err);

/* The file of a changed text, in the encoding of 'like', found well-formed again. */
int xml_save(const struct xml_text *like, const char *text, size_t size, uint8_t **ret,
	     size_t *ret_size, struct error *err);

#endif
