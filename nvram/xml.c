/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UEFI variables in a Hyper-V configuration, read: see xml.h. */
#include "nvram/xml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base64.h"
#include "nvram/internal.h"

#define BIOS "_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_"

bool nvram_xml_is_named(const struct nvram_xml_text *xml, const struct span_element *element,
			const char *name)
{
	return element->name.size == strlen(name) &&
	       strncasecmp(xml->text + element->name.at, name, element->name.size) == 0;
}

const struct span_element *nvram_xml_child(const struct nvram_xml_text *xml,
					   const struct span_element *parent, const char *name)
{
	const struct span_element *child = NULL;

	while ((child = span_child(parent, child)))
		if (nvram_xml_is_named(xml, child, name))
			break;
	return child;
}

int nvram_xml_find_bios(const struct nvram_xml_text *xml, const char *name,
			const struct span_element **ret, struct error *err)
{
	const struct span_element *configuration =
		nvram_xml_child(xml, &xml->tree.elements[0], "configuration");

	if (!configuration)
		return error_damaged(err, "'%s': XML, but no Hyper-V configuration", name);
	*ret = nvram_xml_child(xml, configuration, BIOS);
	if (!*ret)
		return error_damaged(err, "'%s': configuration without a virtual BIOS (%s)", name,
				     BIOS);
	return 0;
}

bool nvram_xml_variable_key(const struct nvram_xml_text *xml, const struct span_element *element,
			    struct guid *ret_vendor, char **ret_name)
{
	const char *text = xml->text + element->name.at;
	char guid[GUID_TEXT_SIZE];

	if (element->name.size <= GUID_TEXT_SIZE || text[0] != '_')
		return false;
	memcpy(guid, text + 1, GUID_TEXT_SIZE - 1);
	guid[GUID_TEXT_SIZE - 1] = '\0';
	if (!guid_parse(guid, ret_vendor))
		return false;
	*ret_name = strndup(text + GUID_TEXT_SIZE, element->name.size - GUID_TEXT_SIZE);
	return *ret_name != NULL;
}

static int read_integer(const struct nvram_xml_text *xml, const struct span_element *parent,
			const char *leaf, const char *name, uint64_t *ret, struct error *err)
{
	const struct span_element *element = nvram_xml_child(xml, parent, leaf);
	char *end;

	if (!element)
		return error_damaged(err, "'%s': variable without '%s'", name, leaf);
	errno = 0;
	*ret = strtoull(xml->text + element->content, &end, 10);
	if (errno || end != xml->text + element->content_end ||
	    element->content == element->content_end)
		return error_damaged(err, "'%s': '%.*s' of a variable is no number", name,
				     (int)element->name.size, xml->text + element->name.at);
	return 0;
}

static int read_bytes(const struct nvram_xml_text *xml, const struct span_element *parent,
		      const char *leaf, const char *name, struct buffer *ret, struct error *err)
{
	const struct span_element *element = nvram_xml_child(xml, parent, leaf);

	if (!element)
		return 0;
	if (!base64_decode(xml->text + element->content, element->content_end - element->content,
			   ret))
		return error_damaged(err, "'%s': '%s' of a variable is not base64", name, leaf);
	return ret->failed ? error_failed(err, ENOMEM, "'%s': out of memory", name) : 0;
}

int nvram_xml_read_variable(const struct nvram_xml_text *xml, const struct span_element *element,
			    const char *name, struct nvram *ret, uint64_t *ret_index,
			    struct error *err)
{
	CLEANUP_BUFFER struct buffer data = BUFFER_INIT;
	CLEANUP_BUFFER struct buffer time = BUFFER_INIT;
	CLEANUP_FREE char *key = NULL;
	uint64_t attributes = 0;
	struct guid vendor;
	int r;

	if (!nvram_xml_variable_key(xml, element, &vendor, &key))
		return error_failed(err, ENOMEM, "'%s': out of memory", name);
	r = read_integer(xml, element, "attributes", name, &attributes, err);
	if (r == 0)
		r = read_integer(xml, element, "index", name, ret_index, err);
	if (r == 0)
		r = read_bytes(xml, element, "data", name, &data, err);
	if (r == 0)
		r = read_bytes(xml, element, "timestamp", name, &time, err);
	if (r < 0)
		return r;
	if (attributes > UINT32_MAX || (time.size != 0 && time.size != 16))
		return error_damaged(err, "'%s': variable '%s' has bad attributes or time", name,
				     key);
	return nvram_set_value(ret, &vendor, key,
			       &(struct nvram_value){(uint32_t)attributes, time.data, data.data,
						     data.size},
			       err);
}

struct indexed {
	uint64_t index;
	size_t position;
};

static int by_index(const void *a, const void *b)
{
	const struct indexed *x = a, *y = b;

	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->position < y->position ? -1 : x->position > y->position;
}

static int read_all(const struct nvram_xml_text *xml, const struct span_element *node,
		    const char *name, struct nvram *ret, struct indexed *order, struct error *err)
{
	const struct span_element *element = NULL;

	while ((element = span_child(node, element))) {
		CLEANUP_FREE char *key = NULL;
		size_t count = ret->count;
		struct guid vendor;
		uint64_t index;
		int r;

		if (!nvram_xml_variable_key(xml, element, &vendor, &key))
			continue;
		r = nvram_xml_read_variable(xml, element, name, ret, &index, err);
		if (r < 0)
			return r;
		if (ret->count > count)
			order[count] = (struct indexed){index, count};
	}
	return 0;
}

/* Move the variables into the order of their indexes. */
static int sort(struct nvram *nvram, struct indexed *order, struct error *err)
{
	struct nvram_variable *sorted = calloc(nvram->count + 1, sizeof(*sorted));

	if (!sorted)
		return error_failed(err, ENOMEM, "out of memory");
	qsort(order, nvram->count, sizeof(*order), by_index);
	for (size_t i = 0; i < nvram->count; i++)
		sorted[i] = nvram->variables[order[i].position];
	memcpy(nvram->variables, sorted, nvram->count * sizeof(*sorted));
	free(sorted);
	return 0;
}

int nvram_xml_decode(const struct file_bytes *file, struct nvram *ret, struct error *err)
{
	CLEANUP_FREE struct indexed *order = calloc(NVRAM_MAX_VARIABLES, sizeof(*order));
	CLEANUP_NVRAM_XML struct nvram_xml_text xml = NVRAM_XML_TEXT_INIT;
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	const struct span_element *bios, *node = NULL;
	int r;

	if (!order)
		return error_failed(err, ENOMEM, "'%s': out of memory", file->name);
	r = nvram_xml_load(file, &xml, err);
	if (r == 0)
		r = nvram_xml_find_bios(&xml, file->name, &bios, err);
	if (r == 0)
		node = nvram_xml_child(&xml, bios, "nvram");
	if (node)
		r = read_all(&xml, node, file->name, &nvram, order, err);
	if (r == 0 && nvram.count > 0)
		r = sort(&nvram, order, err);
	if (r < 0)
		return r;
	*ret = nvram;
	nvram = (struct nvram)NVRAM_INIT;
	return 0;
}
