/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of a configuration, by libxml2's writer: see document.h. */
#include "convert/vm/emit/xml5/document.h"

#include <errno.h>
#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64.h"
#include "common/checked.h"
#include "common/utf16.h"

#define DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-16\" standalone=\"yes\"?>\n"
#define NAME	    "the new configuration"

struct document_writer {
	xmlTextWriterPtr xml;
	bool failed;
};

static const xmlChar *chars(const char *text)
{
	return (const xmlChar *)text;
}

/* As the reader has them, see convert/vm/read/xml.h. */
static const char *const types[VM_TYPE_MAX] = {
	[VM_INTEGER] = "integer", [VM_BOOL] = "bool", [VM_STRING] = "string", [VM_BYTES] = "bytes"};

static char *value_text(const struct vm_node *leaf)
{
	struct buffer text = BUFFER_INIT;

	if (leaf->value.type == VM_BOOL)
		return strdup(leaf->value.number ? "True" : "False");
	if (leaf->value.type != VM_BYTES)
		return vm_text(leaf);
	base64_encode(&text, leaf->value.data, leaf->value.size, "\n");
	return buffer_take_text(&text);
}

static void write_leaf(struct document_writer *w, const struct vm_node *leaf)
{
	const char *type = types[leaf->value.type];
	CLEANUP_FREE char *text = type ? value_text(leaf) : NULL;

	w->failed |= !text;
	if (!text)
		return;
	w->failed |= xmlTextWriterWriteAttribute(w->xml, chars("type"), chars(type)) < 0;
	w->failed |= xmlTextWriterWriteString(w->xml, chars(text)) < 0;
}

/* Depth is limited by the tree. */
static void write_node(struct document_writer *w, const struct vm_node *node)
{
	w->failed |= xmlTextWriterStartElement(w->xml, chars(node->name)) < 0;
	if (node->value.type != VM_NODE)
		write_leaf(w, node);
	for (const struct vm_node *child = node->first; child && !w->failed; child = child->next)
		write_node(w, child);
	w->failed |= xmlTextWriterFullEndElement(w->xml) < 0;
}

static char *write_document(const struct vm_tree *tree)
{
	xmlBufferPtr document = xmlBufferCreate();
	struct document_writer w = {.xml = document ? xmlNewTextWriterMemory(document, 0) : NULL};
	struct buffer text = BUFFER_INIT;

	if (w.xml) {
		xmlTextWriterSetIndent(w.xml, 1);
		xmlTextWriterSetIndentString(w.xml, chars("  "));
		write_node(&w, tree->root->first);
		xmlFreeTextWriter(w.xml);
		buffer_text(&text, DECLARATION);
		buffer_append(&text, xmlBufferContent(document), (size_t)xmlBufferLength(document));
	}
	text.failed |= !w.xml || w.failed;
	xmlBufferFree(document);
	return buffer_take_text(&text);
}

/* UTF-16LE with its mark, and CR LF. */
static int encode(const char *text, struct buffer *ret, struct error *err)
{
	CLEANUP_BUFFER struct buffer lines = BUFFER_INIT;
	CLEANUP_FREE char *whole = NULL;

	buffer_text(&lines, "\xef\xbb\xbf");
	for (; *text; text++) {
		if (*text == '\n')
			buffer_text(&lines, "\r");
		buffer_append(&lines, text, 1);
	}
	whole = buffer_take_text(&lines);
	if (!whole)
		return error_failed(err, ENOMEM, "out of memory");
	return buffer_utf16(ret, whole, err);
}

static int add_adapters(const struct vm_plan *plan, struct nvram *nvram, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < plan->adapter_count && r == 0; i++) {
		const struct vm_plan_adapter *adapter = &plan->adapters[i];

		if (adapter->channel.is_present && !adapter->source->is_legacy)
			r = nvram_add_network(nvram, &adapter->channel.guid, NVRAM_IP_NONE,
					      "EFI Network", NULL, err);
	}
	return r;
}

static int add_boot_disk(const struct vm_plan *plan, struct nvram *nvram, struct error *err)
{
	const struct vm_boot_place *place = &plan->boot_place;

	return place->is_known ? nvram_add_drive(nvram, &place->channel, place->slot,
						 NVRAM_SCSI_DRIVE, NULL, err)
			       : 0;
}

static int make_variables(const struct vm_plan *plan, struct nvram *nvram, struct error *err)
{
	int r = add_adapters(plan, nvram, err);

	if (r == 0)
		r = add_boot_disk(plan, nvram, err);
	if (r == 0 && plan->esp)
		r = nvram_add_file(nvram, plan->esp, plan->loader->path, plan->loader->description,
				   NULL, err);
	return r;
}

int emit_xml5(const struct vm_tree *tree, const struct vm_plan *plan, struct buffer *out,
	      struct error *err)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	CLEANUP_FREE char *text = write_document(tree);
	CLEANUP_BUFFER struct buffer plain = BUFFER_INIT;
	CLEANUP_FREE uint8_t *file = NULL;
	size_t size;
	int r;

	if (!text)
		return error_failed(err, ENOMEM, "out of memory");
	r = make_variables(plan, &nvram, err);
	if (r == 0)
		r = encode(text, &plain, err);
	if (r == 0) /* without the NUL behind it */
		r = nvram_update(plain.data, plain.size - 2, NAME, &nvram, &file, &size, err);
	if (r < 0)
		return r;
	buffer_append(out, file, size);
	return out->failed ? error_failed(err, ENOMEM, "out of memory") : 0;
}
