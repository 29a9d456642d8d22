/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A configuration in XML: see xml.h. libxml2 reads it, without network and without a document type;
 * what it gives is taken over element by element, and whatever is no node and no leaf is damage,
 * for it would be lost.
 */
#include "convert/vm/read/xml.h"

#include <errno.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base64.h"
#include "common/checked.h"
#include "common/safe_text.h"
#include "common/utf16.h"

static void swap_units(uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 1 < size; i += 2)
		put_le16(data + i, get_be16(data + i));
}

/* Which UTF-16 is it? By its mark, or by the zeros beside the first two characters. */
static bool is_utf16(const struct file_bytes *file, bool *ret_big_endian)
{
	uint32_t head = file->size >= 4 ? get_be32(file->data) : 0;

	*ret_big_endian = head >> 16 == 0xfeff || (head & 0xff00ff00) == 0;
	return head && (head >> 16 == 0xfffe || head >> 16 == 0xfeff || (head & 0xff00ff00) == 0 ||
			(head & 0x00ff00ff) == 0);
}

static int decode_utf16(const struct file_bytes *file, bool is_big_endian, char **ret,
			struct error *err)
{
	CLEANUP_FREE uint8_t *units = malloc(file->size);
	size_t at = get_be16(file->data) == (is_big_endian ? 0xfeff : 0xfffe) ? 2 : 0;

	if (!units)
		return error_failed(err, ENOMEM, "'%s': out of memory", file->name);
	memcpy(units, file->data, file->size);
	if (is_big_endian)
		swap_units(units, file->size);
	for (size_t i = at; i + 1 < file->size; i += 2)
		if (get_le16(units + i) == 0)
			return error_damaged(err, "'%s': a NUL in the text at byte %zu", file->name,
					     i);
	if (file->size % 2)
		return error_damaged(err, "'%s': UTF-16 that ends within a character, at byte %zu",
				     file->name, file->size - 1);
	*ret = utf16le_to_utf8(units + at, file->size - at);
	return *ret ? 0 : error_failed(err, ENOMEM, "'%s': out of memory", file->name);
}

static int decode_utf8(const struct file_bytes *file, char **ret, struct error *err)
{
	size_t at = file->size >= 3 && memcmp(file->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	size_t length = strnlen((const char *)file->data + at, file->size - at);

	if (at + length < file->size)
		return error_damaged(err, "'%s': a NUL in the text at byte %zu", file->name,
				     at + length);
	*ret = strndup((const char *)file->data + at, length);
	return *ret ? 0 : error_failed(err, ENOMEM, "'%s': out of memory", file->name);
}

static int decode(const struct file_bytes *file, char **ret, struct error *err)
{
	bool is_big_endian;
	int r;

	if (file->size > 2 * VM_XML_MAX_SIZE)
		return error_damaged(err, "'%s': XML of %zu bytes, at most %u are read", file->name,
				     file->size, 2 * VM_XML_MAX_SIZE);
	if (is_utf16(file, &is_big_endian))
		r = decode_utf16(file, is_big_endian, ret, err);
	else
		r = decode_utf8(file, ret, err);
	if (r < 0)
		return r;
	if (strlen(*ret) > VM_XML_MAX_SIZE)
		return error_damaged(err, "'%s': XML of %zu characters, at most %u are read",
				     file->name, strlen(*ret), VM_XML_MAX_SIZE);
	if (!safe_is_utf8(*ret))
		return error_damaged(err, "'%s': text that is neither UTF-16 nor UTF-8",
				     file->name);
	return 0;
}

static void be_silent(void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

static int parse(const struct file_bytes *file, const char *text, xmlDocPtr *ret, struct error *err)
{
	if (strstr(text, "<!DOCTYPE") || strstr(text, "<!ENTITY"))
		return error_damaged(err, "'%s': XML with a document type declaration", file->name);
	xmlSetGenericErrorFunc(NULL, be_silent);
	*ret = xmlReadMemory(text, (int)strlen(text), NULL, "UTF-8",
			     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
				     XML_PARSE_IGNORE_ENC | XML_PARSE_NOCDATA);
	if (!*ret) {
		const xmlError *last = xmlGetLastError();

		error_damaged(err, "'%s': not well-formed XML, line %d", file->name,
			      last ? last->line : 0);
		xmlResetLastError();
		return -EUCLEAN;
	}
	return 0;
}

struct reader {
	const struct file_bytes *file;
	struct vm_tree tree;
};

static int damaged(const struct reader *reader, xmlNodePtr element, const char *what,
		   struct error *err)
{
	return error_damaged(err, "'%s': '%.64s' in line %ld %s", reader->file->name,
			     (const char *)element->name, xmlGetLineNo(element), what);
}

static bool has_elements(xmlNodePtr element)
{
	return xmlFirstElementChild(element) != NULL;
}

static bool is_blank(const xmlChar *text)
{
	return text[strspn((const char *)text, " \t\r\n")] == '\0';
}

static int read_integer(const struct reader *reader, xmlNodePtr element, const char *text,
			struct vm_value *ret, struct error *err)
{
	char *end;

	errno = 0;
	*ret = (struct vm_value){.type = VM_INTEGER, .number = (uint64_t)strtoll(text, &end, 10)};
	if (errno || end == text || *end || strspn(text, "-0123456789") != strlen(text))
		return damaged(reader, element, "is no number of 64 bits", err);
	return 0;
}

static int read_bool(const struct reader *reader, xmlNodePtr element, const char *text,
		     struct vm_value *ret, struct error *err)
{
	*ret = (struct vm_value){.type = VM_BOOL, .number = strcasecmp(text, "true") == 0};
	if (!ret->number && strcasecmp(text, "false") != 0)
		return damaged(reader, element, "is neither True nor False", err);
	return 0;
}

static int read_bytes(const struct reader *reader, xmlNodePtr element, const char *text,
		      struct buffer *bytes, struct vm_value *ret, struct error *err)
{
	if (!base64_decode(text, strlen(text), bytes))
		return damaged(reader, element, "is not base64", err);
	if (bytes->failed)
		return error_failed(err, ENOMEM, "'%s': out of memory", reader->file->name);
	*ret = (struct vm_value){.type = VM_BYTES, .data = bytes->data, .size = bytes->size};
	return 0;
}

/* 'type' may be NULL: a text without one is not known either. */
static int read_value(const struct reader *reader, xmlNodePtr element, const char *type,
		      const char *text, struct buffer *bytes, struct vm_value *ret,
		      struct error *err)
{
	*ret = (struct vm_value){.type = VM_OPAQUE,
				 .data = (const uint8_t *)text,
				 .size = strlen(text)};
	if (!type)
		return 0;
	if (strcmp(type, "string") == 0)
		ret->type = VM_STRING;
	else if (strcmp(type, "integer") == 0)
		return read_integer(reader, element, text, ret, err);
	else if (strcmp(type, "bool") == 0 || strcmp(type, "boolean") == 0)
		return read_bool(reader, element, text, ret, err);
	else if (strcmp(type, "bytes") == 0)
		return read_bytes(reader, element, text, bytes, ret, err);
	return 0;
}

static int add(struct reader *reader, struct vm_node *parent, xmlNodePtr element,
	       const struct vm_value *value, struct vm_node **ret, struct error *err)
{
	int r = vm_tree_add(&reader->tree, parent, (const char *)element->name, value, ret, err);

	return r < 0 ? error_prefix(err, "'%s', line %ld", reader->file->name,
				    xmlGetLineNo(element))
		     : 0;
}

static int add_leaf(struct reader *reader, xmlNodePtr element, const char *type,
		    struct vm_node *parent, struct error *err)
{
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
	xmlChar *text = xmlNodeGetContent(element);
	struct vm_value value;
	int r;

	if (!text)
		return error_failed(err, ENOMEM, "'%s': out of memory", reader->file->name);
	r = read_value(reader, element, type, (const char *)text, &bytes, &value, err);
	if (r == 0)
		r = add(reader, parent, element, &value, NULL, err);
	xmlFree(text);
	return r;
}

static int add_element(struct reader *reader, xmlNodePtr element, struct vm_node *parent,
		       struct error *err);

/* Between the elements of a node is nothing but space and comments. */
static int add_children(struct reader *reader, xmlNodePtr element, struct vm_node *node,
			struct error *err)
{
	int r = 0;

	for (xmlNodePtr child = element->children; r == 0 && child; child = child->next) {
		if (child->type == XML_ELEMENT_NODE)
			r = add_element(reader, child, node, err);
		else if (child->type != XML_COMMENT_NODE &&
			 !(child->type == XML_TEXT_NODE && is_blank(child->content)))
			r = damaged(reader, element, "holds elements and something else", err);
	}
	return r;
}

/* No deeper than the tree may be, which vm_tree_add() checks. */
static int add_element(struct reader *reader, xmlNodePtr element, struct vm_node *parent,
		       struct error *err)
{
	static const struct vm_value none = {.type = VM_NODE};
	const xmlAttr *attribute = element->properties;
	const char *type = attribute && attribute->children
				   ? (const char *)attribute->children->content
				   : NULL;
	struct vm_node *node;
	int r;

	if (element->ns || element->nsDef ||
	    (attribute && (attribute->next || attribute->ns ||
			   strcmp((const char *)attribute->name, "type") != 0)))
		return damaged(reader, element, "has an attribute other than its type", err);
	if (attribute && has_elements(element))
		return damaged(reader, element, "has a type and elements within", err);
	if (attribute ||
	    (!has_elements(element) && element->children &&
	     element->children->type == XML_TEXT_NODE && !is_blank(element->children->content)))
		return add_leaf(reader, element, type, parent, err);
	r = add(reader, parent, element, &none, &node, err);
	return r < 0 ? r : add_children(reader, element, node, err);
}

int vm_xml_read(const struct file_bytes *file, struct vm_tree *ret, struct error *err)
{
	struct reader reader = {.file = file, .tree = VM_TREE_INIT};
	CLEANUP_FREE char *text = NULL;
	xmlDocPtr document = NULL;
	int r = decode(file, &text, err);

	if (r == 0)
		r = parse(file, text, &document, err);
	if (r == 0)
		r = add_element(&reader, xmlDocGetRootElement(document), NULL, err);
	xmlFreeDoc(document);
	if (r == 0)
		*ret = reader.tree;
	else
		vm_tree_done(&reader.tree);
	return r;
}
