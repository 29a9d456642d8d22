/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * UEFI variables in a Hyper-V configuration, changed: see xml.h. The text is copied from span to
 * span; only what says something else is written anew. Not tried on a host: it is done as the one
 * real file suggests.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "common/base64.h"
#include "nvram/container.h"
#include "nvram/xml.h"
#include "nvram/xml_settings.h"

#define INDENT 2U

struct update {
	const struct nvram_xml_text *xml;
	const char *name;
	const struct nvram *wanted;
	bool *is_written; /* for each wanted variable */
	size_t indent;	  /* columns before the children of the nvram node */
	bool map_changes;
	struct buffer out;
};

static void copy_span(struct update *update, size_t from, size_t to)
{
	buffer_append(&update->out, update->xml->text + from, to - from);
}

static void new_line(struct update *update, size_t indent)
{
	buffer_text(&update->out, update->xml->newline);
	buffer_fill(&update->out, ' ', indent);
}

static void add_bytes(struct update *update, const char *leaf, const uint8_t *data, size_t size)
{
	buffer_printf(&update->out, "<%s type=\"bytes\">", leaf);
	base64_encode(&update->out, data, size, update->xml->newline);
	buffer_printf(&update->out, "</%s>", leaf);
}

static void add_integer(struct update *update, const char *leaf, uint64_t value)
{
	buffer_printf(&update->out, "<%s type=\"integer\">%llu</%s>", leaf,
		      (unsigned long long)value, leaf);
}

/* "8BE4DF61-93CA-11D2-AA0D-00E098032B8CBoot0000" */
static void add_key(struct buffer *out, const struct nvram_variable *variable)
{
	char vendor[GUID_TEXT_SIZE];

	guid_format(&variable->vendor, vendor);
	for (char *c = vendor; *c; c++)
		if (*c >= 'a' && *c <= 'f')
			*c = (char)(*c - 'a' + 'A');
	buffer_text(out, vendor);
	buffer_text(out, variable->name);
}

/* How Hyper-V writes a name that is no XML name is not known. */
static int check_name(const struct nvram_variable *variable, struct error *err)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

	if (variable->name[0] && variable->name[strspn(variable->name, allowed)] == '\0')
		return 0;
	return error_failed(err, EINVAL, "variable '%s': a configuration cannot hold this name",
			    variable->name);
}

static void add_new_variable(struct update *update, size_t index)
{
	const struct nvram_variable *variable = &update->wanted->variables[index];
	size_t indent = update->indent + INDENT;

	new_line(update, update->indent);
	buffer_text(&update->out, "<_");
	add_key(&update->out, variable);
	buffer_text(&update->out, ">");
	new_line(update, indent);
	add_integer(update, "attributes", variable->attributes);
	new_line(update, indent);
	add_bytes(update, "data", variable->data, variable->size);
	new_line(update, indent);
	add_integer(update, "index", index);
	new_line(update, indent);
	add_bytes(update, "timestamp", variable->time, sizeof(variable->time));
	new_line(update, update->indent);
	buffer_text(&update->out, "</_");
	add_key(&update->out, variable);
	buffer_text(&update->out, ">");
	update->is_written[index] = true;
}

/*
 * All new variables that come before 'element' in the alphabet; all that are left when it is NULL.
 */
static int add_new_before(struct update *update, const struct span_element *element,
			  struct error *err)
{
	for (size_t i = 0; i < update->wanted->count; i++) {
		CLEANUP_BUFFER struct buffer key = BUFFER_INIT;
		int r;

		if (update->is_written[i])
			continue;
		r = check_name(&update->wanted->variables[i], err);
		if (r < 0)
			return r;
		buffer_text(&key, "_");
		add_key(&key, &update->wanted->variables[i]);
		if (key.failed)
			return error_failed(err, ENOMEM, "'%s': out of memory", update->name);
		if (!element || memcmp(key.data, update->xml->text + element->name.at,
				       min_u64(key.size, element->name.size)) < 0)
			add_new_variable(update, i);
	}
	return 0;
}

/* One leaf of a variable: kept when it says the same, else in its new form. */
static void rewrite_leaf(struct update *update, const struct span_element *leaf,
			 const struct nvram_variable *old, uint64_t old_index, size_t index)
{
	const struct nvram_variable *new = &update->wanted->variables[index];

	if (nvram_xml_is_named(update->xml, leaf, "attributes") &&
	    old->attributes != new->attributes)
		add_integer(update, "attributes", new->attributes);
	else if (nvram_xml_is_named(update->xml, leaf, "data") &&
		 (old->size != new->size || memcmp(old->data, new->data, new->size) != 0))
		add_bytes(update, "data", new->data, new->size);
	else if (nvram_xml_is_named(update->xml, leaf, "index") && old_index != index)
		add_integer(update, "index", index);
	else if (nvram_xml_is_named(update->xml, leaf, "timestamp") &&
		 memcmp(old->time, new->time, sizeof(new->time)) != 0)
		add_bytes(update, "timestamp", new->time, sizeof(new->time));
	else
		copy_span(update, leaf->start, leaf->end);
}

static void rewrite_variable(struct update *update, const struct span_element *element,
			     const struct nvram_variable *old, uint64_t old_index, size_t index)
{
	const struct nvram_variable *new = &update->wanted->variables[index];
	const struct span_element *leaf = NULL;
	size_t at = element->content;

	copy_span(update, element->start, at);
	if (!nvram_xml_child(update->xml, element, "data") && new->size > 0) {
		new_line(update, update->indent + INDENT);
		add_bytes(update, "data", new->data, new->size);
	}
	if (!nvram_xml_child(update->xml, element, "timestamp") &&
	    memcmp(old->time, new->time, sizeof(new->time)) != 0) {
		new_line(update, update->indent + INDENT);
		add_bytes(update, "timestamp", new->time, sizeof(new->time));
	}
	while ((leaf = span_child(element, leaf))) {
		copy_span(update, at, leaf->start);
		rewrite_leaf(update, leaf, old, old_index, index);
		at = leaf->end;
	}
	copy_span(update, at, element->end);
}

static size_t find_wanted(const struct update *update, const struct nvram_variable *old)
{
	size_t i = 0;

	while (i < update->wanted->count &&
	       (!guid_equal(&update->wanted->variables[i].vendor, &old->vendor) ||
		strcmp(update->wanted->variables[i].name, old->name) != 0))
		i++;
	return i;
}

/* 'from' is where the white space before the element begins; it goes when the element does. */
static int update_variable(struct update *update, const struct span_element *element, size_t from,
			   struct error *err)
{
	CLEANUP_NVRAM struct nvram one = NVRAM_INIT;
	uint64_t old_index = 0;
	size_t index;
	int r = nvram_xml_read_variable(update->xml, element, update->name, &one, &old_index, err);

	if (r < 0)
		return r;
	index = find_wanted(update, &one.variables[0]);
	if (index == update->wanted->count || update->is_written[index])
		return 0;
	copy_span(update, from, element->start);
	rewrite_variable(update, element, &one.variables[0], old_index, index);
	update->is_written[index] = true;
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

#define MAP_NAME_SIZE 16

/* The map in the alphabetical order of its element names: index0, index1, index10, index2. */
static int add_map(struct update *update, struct error *err)
{
	size_t count = update->wanted->count;
	CLEANUP_FREE char(*names)[MAP_NAME_SIZE] = calloc(count + 1, sizeof(*names));

	if (!names)
		return error_failed(err, ENOMEM, "'%s': out of memory", update->name);
	for (size_t i = 0; i < count; i++)
		snprintf(names[i], sizeof(names[i]), "index%u", (unsigned int)i);
	qsort(names, count, sizeof(*names), by_text);
	buffer_text(&update->out, "<map>");
	for (size_t i = 0; i < count; i++) {
		size_t index = strtoul(names[i] + strlen("index"), NULL, 10);

		new_line(update, update->indent + INDENT);
		buffer_printf(&update->out, "<%s type=\"string\">", names[i]);
		add_key(&update->out, &update->wanted->variables[index]);
		buffer_printf(&update->out, "</%s>", names[i]);
	}
	if (count > 0)
		new_line(update, update->indent);
	buffer_text(&update->out, "</map>");
	return 0;
}

static bool is_named(const struct update *update, const struct span_element *element,
		     const char *name)
{
	return span_is(update->xml->text, element->name, name);
}

static int update_child(struct update *update, const struct span_element *element, size_t from,
			struct error *err)
{
	CLEANUP_FREE char *key = NULL;
	struct guid vendor;
	int r = add_new_before(update, element, err);

	if (r < 0)
		return r;
	if (nvram_xml_variable_key(update->xml, element, &vendor, &key))
		return update_variable(update, element, from, err);
	copy_span(update, from, element->start);
	if (update->map_changes && is_named(update, element, "map"))
		return add_map(update, err);
	if (update->map_changes && is_named(update, element, "map_max_index"))
		add_integer(update, "map_max_index", update->wanted->count);
	else
		copy_span(update, element->start, element->end);
	return 0;
}

static int update_children(struct update *update, const struct span_element *node,
			   struct error *err)
{
	bool has_map = false, has_count = false;
	const struct span_element *child = NULL;
	size_t at = node->content;
	int r;

	while ((child = span_child(node, child))) {
		has_map |= is_named(update, child, "map");
		has_count |= is_named(update, child, "map_max_index");
		r = update_child(update, child, at, err);
		if (r < 0)
			return r;
		at = child->end;
	}
	r = add_new_before(update, NULL, err);
	if (r == 0 && !has_map) {
		new_line(update, update->indent);
		r = add_map(update, err);
	}
	if (r == 0 && !has_count) {
		new_line(update, update->indent);
		add_integer(update, "map_max_index", update->wanted->count);
	}
	if (at == node->content_end)
		new_line(update, update->indent - INDENT);
	else
		copy_span(update, at, node->content_end);
	return r;
}

/* Columns before an element on its line. */
static size_t indent_of(const struct nvram_xml_text *xml, size_t at)
{
	size_t start = at;

	while (start > 0 && xml->text[start - 1] == ' ' && at - start < 80)
		start--;
	return at - start;
}

/* A node for a configuration that has none yet, where the alphabet wants it. */
static int insert_node(struct update *update, const struct span_element *bios, struct error *err)
{
	const struct span_element empty = {.content = 0}, *child = NULL;
	size_t at = bios->content;
	size_t indent = indent_of(update->xml, bios->start) + INDENT;
	int r;

	while ((child = span_child(bios, child)) &&
	       strcmp(update->xml->text + child->name.at, "nvram") < 0)
		at = child->end;
	update->indent = indent + INDENT;
	copy_span(update, 0, at);
	new_line(update, indent);
	buffer_text(&update->out, "<nvram>");
	r = update_children(update, &empty, err);
	buffer_text(&update->out, "</nvram>");
	copy_span(update, at, update->xml->size);
	return r;
}

static int update_node(struct update *update, const struct span_element *node, struct error *err)
{
	int r;

	update->indent = indent_of(update->xml, node->start) + INDENT;
	copy_span(update, 0, node->start);
	if (node->is_empty)
		buffer_text(&update->out, "<nvram>");
	else
		copy_span(update, node->start, node->content);
	r = update_children(update, node, err);
	if (node->is_empty)
		buffer_text(&update->out, "</nvram>");
	copy_span(update, node->content_end, update->xml->size);
	return r;
}

/* Do the same keys stand in the same places? */
static bool same_keys(const struct nvram *a, const struct nvram *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!guid_equal(&a->variables[i].vendor, &b->variables[i].vendor) ||
		    strcmp(a->variables[i].name, b->variables[i].name) != 0)
			return false;
	return true;
}

static int update_bios(struct update *update, const struct nvram *old, struct error *err)
{
	const struct span_element *bios, *node;
	int r = nvram_xml_find_bios(update->xml, update->name, &bios, err);

	if (r < 0)
		return r;
	update->map_changes = !same_keys(old, update->wanted);
	node = nvram_xml_child(update->xml, bios, "nvram");
	if (node)
		return update_node(update, node, err);
	return bios->is_empty ? error_damaged(err, "'%s': the virtual BIOS is empty", update->name)
			      : insert_node(update, bios, err);
}

/* The text of a buffer needs its NUL for the XML parser. */
static int save_text(const struct nvram_xml_text *like, struct buffer *out, uint8_t **ret,
		     size_t *ret_size, struct error *err)
{
	size_t size = out->size;
	CLEANUP_FREE char *text = buffer_take_text(out);

	if (!text)
		return error_failed(err, ENOMEM, "out of memory");
	return nvram_xml_save(like, text, size, ret, ret_size, err);
}

static int nvram_xml_update(const struct file_bytes *old, const struct nvram *nvram, uint8_t **ret,
			    size_t *ret_size, struct error *err)
{
	CLEANUP_FREE bool *is_written = calloc(nvram->count + 1, sizeof(*is_written));
	CLEANUP_NVRAM_XML struct nvram_xml_text xml = NVRAM_XML_TEXT_INIT;
	CLEANUP_NVRAM struct nvram before = NVRAM_INIT;
	struct update update = {&xml, old->name, nvram, is_written, 0, false, BUFFER_INIT};
	int r = is_written ? nvram_xml_decode(old, &before, err)
			   : error_failed(err, ENOMEM, "'%s': out of memory", old->name);

	if (r == 0)
		r = nvram_xml_load(old, &xml, err);
	if (r == 0)
		r = update_bios(&update, &before, err);
	if (r == 0)
		r = save_text(&xml, &update.out, ret, ret_size, err);
	buffer_done(&update.out);
	return r;
}

const struct nvram_container nvram_xml_container = {
	.text = "Hyper-V configuration, version 5.0",
	.is_store = nvram_xml_is_text,
	.decode = nvram_xml_decode,
	.update = nvram_xml_update,
	.encode = NULL,
	.set = nvram_xml_set,
};
