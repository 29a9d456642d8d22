/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot stores as JSON: see bcd_json.h. A failed allocation leaves out a key; jansson takes NULL for
 * a value as an error. */
#include "convert/cmd/bcd_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "bcd/device.h"
#include "bcd/names.h"
#include "bcd/value.h"
#include "common/json/text_json.h"

static json_t *guid_text(const struct guid *guid)
{
	char text[GUID_TEXT_SIZE];

	return json_sprintf("{%s}", guid_format(guid, text));
}

static json_t *code_text(uint32_t code)
{
	return json_sprintf("%08" PRIx32, code);
}

static const char *kind_name(enum bcd_device_kind kind)
{
	static const char *const names[BCD_DEVICE_KIND_MAX] = {
		[BCD_DEVICE_OTHER] = "other",	     [BCD_DEVICE_BOOT] = "boot",
		[BCD_DEVICE_GPT] = "gpt-partition",  [BCD_DEVICE_MBR] = "mbr-partition",
		[BCD_DEVICE_VHD] = "virtual-disk",   [BCD_DEVICE_FILE] = "file",
		[BCD_DEVICE_RAMDISK] = "ramdisk",    [BCD_DEVICE_LOCATE_ELEMENT] = "locate",
		[BCD_DEVICE_LOCATE_PATH] = "locate",
	};

	return names[kind];
}

static json_t *device_object(const struct bcd_device *device)
{
	json_t *object = json_object();

	json_object_set_new(object, "kind", json_string(kind_name(device->kind)));
	if (device->kind == BCD_DEVICE_GPT) {
		json_object_set_new(object, "partition", guid_text(&device->id.partition));
		json_object_set_new(object, "disk", guid_text(&device->id.disk));
	}
	if (device->kind == BCD_DEVICE_MBR) {
		json_object_set_new(object, "offset",
				    json_integer((json_int_t)device->id.mbr_offset));
		json_object_set_new(object, "signature", code_text(device->id.mbr_signature));
	}
	if (device->kind == BCD_DEVICE_LOCATE_ELEMENT)
		json_object_set_new(object, "element", code_text(device->located_element));
	if (device->path && *device->path)
		json_object_set_new(object, "path", text_json(device->path));
	if (!guid_is_zero(&device->options))
		json_object_set_new(object, "options", guid_text(&device->options));
	if (device->parent)
		json_object_set_new(object, "parent", device_object(device->parent));
	return object;
}

/* The lines of an element as an array of strings. */
static json_t *text_array(uint32_t object_type, const struct bcd_element *element)
{
	CLEANUP_BCD_TEXTS struct bcd_texts texts = BCD_TEXTS_INIT;
	json_t *array = json_array();

	if (bcd_element_texts(object_type, element, &texts, NULL) == 0)
		for (size_t i = 0; i < texts.count; i++)
			json_array_append_new(array, text_json(texts.list[i]));
	return array;
}

static json_t *device_value(const struct bcd_element *element)
{
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;

	if (!element->data || bcd_device_decode(element->data, element->size, &device, NULL) < 0)
		return NULL;
	return device_object(&device);
}

/* A number, a boolean, a device or a string by the element's format; an array of lines for lists
 * and what is malformed. */
static json_t *element_value(uint32_t object_type, const struct bcd_element *element)
{
	bool is_well_typed =
		element->data && element->registry_type == bcd_registry_type(element->code);
	json_t *value = NULL, *lines;
	uint64_t number;

	switch (is_well_typed ? BCD_ELEMENT_FORMAT(element->code) : 0) {
	case BCD_FORMAT_DEVICE:
		value = device_value(element);
		break;
	case BCD_FORMAT_INTEGER:
		if (bcd_element_integer(element, &number) && number <= INT64_MAX)
			value = json_integer((json_int_t)number);
		break;
	case BCD_FORMAT_BOOLEAN:
		if (element->size == 1)
			value = json_boolean(element->data[0]);
		break;
	case BCD_FORMAT_STRING:
	case BCD_FORMAT_OBJECT:
		lines = text_array(object_type, element);
		value = json_incref(json_array_get(lines, 0));
		json_decref(lines);
		break;
	default:
		break;
	}
	return value ? value : text_array(object_type, element);
}

static json_t *element_object(uint32_t object_type, const struct bcd_element *element)
{
	char buffer[BCD_NAME_SIZE];
	json_t *object = json_object();

	json_object_set_new(object, "code", code_text(element->code));
	json_object_set_new(object, "name",
			    json_string(bcd_element_label(object_type, element->code, buffer)));
	json_object_set_new(object, "value", element_value(object_type, element));
	json_object_set_new(object, "text", text_array(object_type, element));
	return object;
}

/* What identifies an object, for all three outputs. */
static json_t *object_head(const struct bcd_object *object)
{
	char buffer[BCD_HEADING_SIZE], id[BCD_ID_SIZE];
	json_t *head = json_object();

	json_object_set_new(head, "identifier", guid_text(&object->id));
	json_object_set_new(head, "name", json_string(bcd_id_text(&object->id, id)));
	json_object_set_new(head, "type", code_text(object->type));
	json_object_set_new(head, "kind",
			    json_string(bcd_object_heading(&object->id, object->type, buffer)));
	return head;
}

json_t *bcd_json_root(void)
{
	json_t *root = json_object();

	json_object_set_new(root, "schema", json_integer(1));
	return root;
}

json_t *bcd_json_store(const struct bcd_store *store)
{
	json_t *root = bcd_json_root(), *objects = json_array();

	for (size_t i = 0; i < store->object_count; i++) {
		const struct bcd_object *object = store->objects[i];
		json_t *head = object_head(object), *elements = json_array();

		for (size_t j = 0; j < object->element_count; j++)
			json_array_append_new(elements,
					      element_object(object->type, &object->elements[j]));
		json_object_set_new(head, "elements", elements);
		json_array_append_new(objects, head);
	}
	json_object_set_new(root, "objects", objects);
	return root;
}

json_t *bcd_json_findings(const struct bcd_notes *notes)
{
	json_t *root = bcd_json_root(), *findings = json_array();

	for (size_t i = 0; i < notes->warnings.count; i++)
		json_array_append_new(findings, text_json(notes->warnings.texts[i]));
	json_object_set_new(root, "findings", findings);
	return root;
}

json_t *bcd_json_difference(const struct bcd_difference *difference)
{
	static const char *const kinds[BCD_DIFFERENCE_KIND_MAX] = {
		[BCD_ADDED] = "added", [BCD_REMOVED] = "removed", [BCD_CHANGED] = "changed"};
	const struct bcd_element *element =
		difference->after ? difference->after : difference->before;
	uint32_t type = difference->object->type;
	json_t *object = object_head(difference->object);
	char buffer[BCD_NAME_SIZE];

	json_object_set_new(object, "difference", json_string(kinds[difference->kind]));
	if (!element)
		return object;
	json_object_set_new(object, "code", code_text(element->code));
	json_object_set_new(object, "element",
			    json_string(bcd_element_label(type, element->code, buffer)));
	if (difference->before)
		json_object_set_new(object, "before", text_array(type, difference->before));
	if (difference->after)
		json_object_set_new(object, "after", text_array(type, difference->after));
	return object;
}
