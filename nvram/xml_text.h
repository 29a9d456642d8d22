/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the elements of an XML text stand, so that one can be changed and every other byte kept. A
 * parser that builds a tree forgets how the text was written.
 *
 * The text has been found well-formed by libxml2 and has no document type declaration; a scan of
 * anything else ends early but stays within the text.
 */
#ifndef HVGEN2_NVRAM_XML_TEXT_H
#define HVGEN2_NVRAM_XML_TEXT_H

#include "common/bytes.h"
#include "nvram/buffer.h"

struct xml_element {
	size_t start;	    /* of "<name ...>" */
	size_t content;	    /* behind the start tag */
	size_t content_end; /* of "</name>" */
	size_t end;	    /* behind the end tag */
	size_t name;	    /* offset */
	size_t name_size;
	bool is_empty; /* "<name/>": content, content_end and end are the same */
};

struct xml_text {
	char *text; /* UTF-8, NUL-terminated */
	size_t size;
	bool is_utf16;
	size_t bom_size; /* bytes of the file before the text */
	const char *newline;
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

/* The document as if it were an element around the root. */
struct xml_element xml_document(const struct xml_text *xml);

/*
 * The next child at or behind *offset, which moves behind it. Start with *offset = parent->content.
 */
bool xml_next(const struct xml_text *xml, const struct xml_element *parent, size_t *offset,
	      struct xml_element *ret);

/* The first child of this name, compared without regard to case. */
bool xml_child(const struct xml_text *xml, const struct xml_element *parent, const char *name,
	       struct xml_element *ret);

#endif
