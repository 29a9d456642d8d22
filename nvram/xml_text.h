/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text of an XML file, found well-formed by libxml2 and without a document type declaration, and
 * where its elements stand; and a file of a changed text.
 */
#ifndef HVGEN2_NVRAM_XML_TEXT_H
#define HVGEN2_NVRAM_XML_TEXT_H

#include "common/bytes.h"
#include "common/xml_spans.h"
#include "common/buffer.h"

struct nvram_xml_text {
	char *text; /* UTF-8, NUL-terminated */
	size_t size;
	bool is_utf16;
	size_t bom_size; /* bytes of the file before the text */
	const char *newline;
	struct span_tree tree; /* of the text */
};

#define NVRAM_XML_TEXT_INIT                                                                        \
	{                                                                                          \
		.text = NULL                                                                       \
	}
void nvram_xml_text_done(struct nvram_xml_text *xml);
#define CLEANUP_NVRAM_XML CLEANUP(nvram_xml_text_done)

/* Does the file look like XML? */
bool nvram_xml_is_text(const uint8_t *bytes, size_t size);

/* The text of a file in UTF-16LE or UTF-8, found well-formed; the encoding declaration is not
 * trusted. */
int nvram_xml_load(const struct file_bytes *file, struct nvram_xml_text *ret, struct error *err);

/* The file of a changed text, in the encoding of 'like', found well-formed again. */
int nvram_xml_save(const struct nvram_xml_text *like, const char *text, size_t size, uint8_t **ret,
		   size_t *ret_size, struct error *err);

#endif
