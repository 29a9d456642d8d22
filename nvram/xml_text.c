/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The text of an XML file: see xml_text.h. */
#include "nvram/xml_text.h"

#include <errno.h>
#include <libxml/parser.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"

/* A configuration has 40 KB; one with all the variables a firmware can hold stays below 1 MB. */
#define MAX_SIZE (4 * MIB)

void nvram_xml_text_done(struct nvram_xml_text *xml)
{
	free(xml->text);
	span_tree_done(&xml->tree);
	*xml = (struct nvram_xml_text)NVRAM_XML_TEXT_INIT;
}

/* UTF-16 with or without its mark, or 8 bits: the declaration may say the wrong one. */
static bool looks_utf16(const uint8_t *bytes, size_t size)
{
	return size >= 4 &&
	       ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == '<' && bytes[1] == 0));
}

static size_t bom_size(const uint8_t *bytes, size_t size)
{
	if (size >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe)
		return 2;
	return size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

bool nvram_xml_is_text(const uint8_t *bytes, size_t size)
{
	size_t at = bom_size(bytes, size);

	if (looks_utf16(bytes, size))
		return size >= at + 4 && get_le16(bytes + at) == '<' &&
		       (get_le16(bytes + at + 2) == '?' || get_le16(bytes + at + 2) == 'c');
	return size >= at + 2 && bytes[at] == '<' && (bytes[at + 1] == '?' || bytes[at + 1] == 'c');
}

static void be_silent(void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

/* No entities, no external parts: a declaration of the document type is not found in any
 * configuration. */
static int check_well_formed(const char *text, size_t size, const char *name, struct error *err)
{
	xmlDocPtr document;

	if (size > MAX_SIZE)
		return error_damaged(err, "'%s': XML of %zu bytes, at most %llu are read", name,
				     size, (unsigned long long)MAX_SIZE);
	if (strstr(text, "<!DOCTYPE") || strstr(text, "<!ENTITY"))
		return error_damaged(err, "'%s': XML with a document type declaration", name);
	xmlSetGenericErrorFunc(NULL, be_silent);
	document = xmlReadMemory(text, (int)size, NULL, "UTF-8",
				 XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
					 XML_PARSE_IGNORE_ENC);
	if (!document) {
		const xmlError *last = xmlGetLastError();

		error_damaged(err, "'%s': not well-formed XML, line %d", name,
			      last ? last->line : 0);
		xmlResetLastError();
		return -EUCLEAN;
	}
	xmlFreeDoc(document);
	return 0;
}

/* What is read must be what would be written: otherwise some byte would change that nobody asked
 * for. */
static int check_round_trip(const struct nvram_xml_text *xml, const struct file_bytes *body,
			    struct error *err)
{
	size_t back_size = 0;
	CLEANUP_FREE uint8_t *back = NULL;

	if (!xml->is_utf16)
		return xml->size == body->size
			       ? 0
			       : error_damaged(err, "'%s': XML with a NUL at byte %zu", body->name,
					       xml->bom_size + xml->size);
	back = utf8_to_utf16le(xml->text, &back_size);
	if (!back)
		return error_errno(err, "'%s'", body->name);
	if (back_size - 2 != body->size || memcmp(back, body->data, body->size) != 0)
		return error_damaged(err, "'%s': XML that is not UTF-16 throughout", body->name);
	return 0;
}

int nvram_xml_load(const struct file_bytes *file, struct nvram_xml_text *ret, struct error *err)
{
	CLEANUP_NVRAM_XML struct nvram_xml_text xml = NVRAM_XML_TEXT_INIT;
	struct file_bytes body = *file;
	int r;

	xml.is_utf16 = looks_utf16(file->data, file->size);
	xml.bom_size = bom_size(file->data, file->size);
	body.data += xml.bom_size;
	body.size -= xml.bom_size;
	if (body.size > 2 * MAX_SIZE)
		return error_damaged(err, "'%s': XML of %zu bytes is too large", file->name,
				     body.size);
	xml.text = xml.is_utf16 ? utf16le_to_utf8(body.data, body.size)
				: strndup((const char *)body.data, body.size);
	if (!xml.text)
		return error_failed(err, ENOMEM, "'%s': out of memory", file->name);
	xml.size = strlen(xml.text);
	xml.newline = strstr(xml.text, "\r\n") ? "\r\n" : "\n";
	r = check_round_trip(&xml, &body, err);
	if (r == 0)
		r = check_well_formed(xml.text, xml.size, file->name, err);
	if (r == 0)
		r = span_tree_build(xml.text, xml.size, &xml.tree, err);
	if (r < 0)
		return r;
	*ret = xml;
	xml = (struct nvram_xml_text)NVRAM_XML_TEXT_INIT;
	return 0;
}

int nvram_xml_save(const struct nvram_xml_text *like, const char *text, size_t size, uint8_t **ret,
		   size_t *ret_size, struct error *err)
{
	static const uint8_t marks[2][3] = {{0xef, 0xbb, 0xbf}, {0xff, 0xfe}};
	CLEANUP_BUFFER struct buffer out = BUFFER_INIT;
	int r = check_well_formed(text, size, "the new configuration", err);

	if (r < 0)
		return r;
	buffer_append(&out, marks[like->is_utf16], like->bom_size);
	if (!like->is_utf16) {
		buffer_append(&out, text, size);
	} else {
		r = buffer_utf16(&out, text, err);
		if (r < 0)
			return r;
		if (!out.failed)
			out.size -= 2;
	}
	return buffer_take(&out, ret, ret_size, err);
}
