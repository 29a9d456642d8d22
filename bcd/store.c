/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a BCD store into memory, and looking into it: see store.h. Changes are in edit.c. */
#include "bcd/store.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/bytes.h"
#include "common/utf16.h"

/* The largest real store has 53 objects and 16 elements in one of them; a hostile one must not eat
 * the memory. */
#define MAX_OBJECTS  4096
#define MAX_ELEMENTS 1024
#define MAX_DATA     65536
#define MAX_TOTAL    (16 * 1024 * 1024)

#define GUID_UNITS 38 /* with braces */
#define TITLE_MAX  120

/* 9dea862c-5cdd-4e70-acc1-f32b344d4795 */
const struct guid bcd_bootmgr = {{0x2c, 0x86, 0xea, 0x9d, 0xdd, 0x5c, 0x70, 0x4e, 0xac, 0xc1, 0xf3,
				  0x2b, 0x34, 0x4d, 0x47, 0x95}};
/* a5a30fa2-3d06-4e9f-b5f4-a01df9d1fcba */
const struct guid bcd_fwbootmgr = {{0xa2, 0x0f, 0xa3, 0xa5, 0x06, 0x3d, 0x9f, 0x4e, 0xb5, 0xf4,
				    0xa0, 0x1d, 0xf9, 0xd1, 0xfc, 0xba}};
/* b2721d73-1db4-4c62-bf78-c548a880142d */
const struct guid bcd_memdiag = {{0x73, 0x1d, 0x72, 0xb2, 0xb4, 0x1d, 0x62, 0x4c, 0xbf, 0x78, 0xc5,
				  0x48, 0xa8, 0x80, 0x14, 0x2d}};
/* 466f5a88-0af2-4f76-9038-095b170dc21c */
const struct guid bcd_ntldr = {{0x88, 0x5a, 0x6f, 0x46, 0xf2, 0x0a, 0x76, 0x4f, 0x90, 0x38, 0x09,
				0x5b, 0x17, 0x0d, 0xc2, 0x1c}};

void bcd_notes_done(struct bcd_notes *notes)
{
	note_list_done(&notes->changed);
	note_list_done(&notes->dropped);
	note_list_done(&notes->warnings);
}

int bcd_notes_check(const struct bcd_notes *notes, struct error *err)
{
	int r = note_list_check(&notes->changed, err);

	if (r == 0)
		r = note_list_check(&notes->dropped, err);
	return r < 0 ? r : note_list_check(&notes->warnings, err);
}

#define FINDING(notes, ...)                                                                        \
	do {                                                                                       \
		if (notes)                                                                         \
			note_add(&(notes)->warnings, __VA_ARGS__);                                 \
	} while (0)

uint32_t bcd_registry_type(uint32_t code)
{
	switch (BCD_ELEMENT_FORMAT(code)) {
	case BCD_FORMAT_STRING:
	case BCD_FORMAT_OBJECT:
		return hive_t_string;
	case BCD_FORMAT_OBJECT_LIST:
		return hive_t_multiple_strings;
	case BCD_FORMAT_DEVICE:
	case BCD_FORMAT_INTEGER:
	case BCD_FORMAT_BOOLEAN:
	case BCD_FORMAT_INTEGER_LIST:
	case BCD_FORMAT_BINARY:
		return hive_t_binary;
	default:
		return hive_t_none;
	}
}

static void object_free(struct bcd_object *object)
{
	if (!object)
		return;
	for (size_t i = 0; i < object->element_count; i++)
		free(object->elements[i].data);
	free(object->elements);
	free(object);
}

void bcd_store_close(struct bcd_store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < store->object_count; i++)
		object_free(store->objects[i]);
	free(store->objects);
	hive_close(store->hive);
	free(store);
}

void bcd_store_cleanup(struct bcd_store **store)
{
	bcd_store_close(*store);
	*store = NULL;
}

/* What loading needs besides the store. */
struct loader {
	struct bcd_store *store;
	struct bcd_notes *findings;
	size_t total; /* bytes of element data so far */
	struct error *err;
};

static int out_of_memory(const struct loader *loader)
{
	return error_failed(loader->err, ENOMEM, "'%s': out of memory",
			    hive_name(loader->store->hive));
}

/* The children of a key, zero-terminated, at most 'max'. */
static int get_children(const struct loader *loader, hive_node_h node, size_t max,
			hive_node_h **ret, size_t *ret_count)
{
	CLEANUP_FREE hive_node_h *children =
		hivex_node_children(hive_handle(loader->store->hive), node);
	size_t count = 0;

	if (!children)
		return error_library(loader->err, "'%s': cannot read the keys of the store",
				     hive_name(loader->store->hive));
	while (children[count])
		count++;
	if (count > max)
		return error_damaged(
			loader->err,
			"'%s': %zu keys in one key of a boot store, expected at most %zu",
			hive_name(loader->store->hive), count, max);
	*ret = TAKE(children);
	*ret_count = count;
	return 0;
}

static bool parse_code(const char *name, uint32_t *ret)
{
	for (size_t i = 0; i < 8; i++)
		if (!isxdigit((unsigned char)name[i]))
			return false;
	if (name[8] != '\0')
		return false;
	*ret = (uint32_t)strtoul(name, NULL, 16);
	return true;
}

/* A finding, unless it is this host that could not. */
static int note_unreadable(const struct loader *loader, const char *object,
			   const struct bcd_element *element)
{
	struct error failure = ERROR_INIT;

	error_library(&failure, "'%s': cannot read an element", hive_name(loader->store->hive));
	if (!error_is_of_host(&failure)) {
		FINDING(loader->findings, "%s: element %08" PRIx32 " cannot be read", object,
			element->code);
		return 0;
	}
	if (loader->err)
		*loader->err = failure;
	return -failure.code;
}

/* The data of one element; left NULL, with a finding, when there are none or too many. */
static int load_data(struct loader *loader, hive_node_h node, const char *object,
		     struct bcd_element *element)
{
	hive_h *handle = hive_handle(loader->store->hive);
	hive_value_h value = hivex_node_get_value(handle, node, "Element");
	hive_type type;
	size_t size;

	errno = 0;
	if (value == 0) {
		FINDING(loader->findings, "%s: element %08" PRIx32 " has no value", object,
			element->code);
		return 0;
	}
	if (hivex_value_type(handle, value, &type, &size) < 0)
		return note_unreadable(loader, object, element);
	if (size > MAX_DATA) {
		FINDING(loader->findings, "%s: element %08" PRIx32 " has %zu bytes", object,
			element->code, size);
		return 0;
	}
	loader->total += size;
	if (loader->total > MAX_TOTAL)
		return error_damaged(loader->err,
				     "'%s': a boot store with more than %d bytes of elements",
				     hive_name(loader->store->hive), MAX_TOTAL);
	element->data = (uint8_t *)hivex_value_value(handle, value, &type, &element->size);
	element->registry_type = (uint32_t)type;
	return element->data ? 0 : note_unreadable(loader, object, element);
}

static int load_element(struct loader *loader, hive_node_h node, const char *title,
			struct bcd_object *object)
{
	CLEANUP_FREE char *name = hivex_node_name(hive_handle(loader->store->hive), node);
	struct bcd_element *element = &object->elements[object->element_count];
	uint32_t code;
	int r;

	if (!name || !parse_code(name, &code)) {
		FINDING(loader->findings, "%s: element key '%s' is not a number of eight digits",
			title, name ? name : "?");
		return 0;
	}
	if (bcd_object_find(object, code)) {
		FINDING(loader->findings, "%s: element %08" PRIx32 " stands twice", title, code);
		return 0;
	}
	*element = (struct bcd_element){.code = code};
	r = load_data(loader, node, title, element);
	if (r == 0)
		object->element_count++;
	return r;
}

static int load_elements(struct loader *loader, const char *title, struct bcd_object *object)
{
	CLEANUP_FREE hive_node_h *nodes = NULL;
	size_t count = 0;
	int r;

	object->elements_node = hive_find(loader->store->hive, object->node, "Elements");
	if (object->elements_node == 0) {
		FINDING(loader->findings, "%s: no key 'Elements'", title);
		return 0;
	}
	r = get_children(loader, object->elements_node, MAX_ELEMENTS, &nodes, &count);
	if (r < 0)
		return r;
	object->elements = calloc(count + 1, sizeof(*object->elements));
	if (!object->elements)
		return out_of_memory(loader);
	for (size_t i = 0; i < count && r == 0; i++)
		r = load_element(loader, nodes[i], title, object);
	return r;
}

static int load_object(struct loader *loader, hive_node_h node, const char *title,
		       struct bcd_object *object)
{
	hive_node_h description = hive_find(loader->store->hive, node, "Description");

	object->node = node;
	if (description == 0 ||
	    !hive_get_dword(loader->store->hive, description, "Type", &object->type))
		FINDING(loader->findings, "%s: no readable type", title);
	return load_elements(loader, title, object);
}

static int load_child(struct loader *loader, hive_node_h node)
{
	CLEANUP_FREE char *name = hivex_node_name(hive_handle(loader->store->hive), node);
	struct bcd_store *store = loader->store;
	struct bcd_object *object;
	struct guid id;

	if (!name || name[0] != '{' || !guid_parse(name, &id)) {
		FINDING(loader->findings, "key '%s' below 'Objects' is not an identifier",
			name ? name : "?");
		return 0;
	}
	if (bcd_store_find(store, &id)) {
		FINDING(loader->findings, "object %s stands twice", name);
		return 0;
	}
	object = calloc(1, sizeof(*object));
	if (!object)
		return out_of_memory(loader);
	object->id = id;
	store->objects[store->object_count++] = object;
	return load_object(loader, node, name, object);
}

static int load_objects(struct loader *loader)
{
	CLEANUP_FREE hive_node_h *nodes = NULL;
	struct bcd_store *store = loader->store;
	size_t count = 0;
	int r;

	store->objects_node = hive_find(store->hive, 0, "Objects");
	if (store->objects_node == 0)
		return error_damaged(loader->err,
				     "'%s': not a boot store: the hive has no key 'Objects'",
				     hive_name(store->hive));
	r = get_children(loader, store->objects_node, MAX_OBJECTS, &nodes, &count);
	if (r < 0)
		return r;
	store->objects = calloc(count + 1, sizeof(struct bcd_object *));
	if (!store->objects)
		return out_of_memory(loader);
	for (size_t i = 0; i < count && r == 0; i++)
		r = load_child(loader, nodes[i]);
	return r;
}

int bcd_store_open(const struct file_bytes *file, struct bcd_notes *findings,
		   struct bcd_store **ret, struct error *err)
{
	CLEANUP_BCD_STORE struct bcd_store *store = calloc(1, sizeof(*store));
	struct loader loader = {.store = store, .findings = findings, .err = err};
	int r;

	if (!store)
		return error_failed(err, ENOMEM, "'%s': out of memory", file->name);
	r = hive_open(file->data, file->size, file->name, &store->hive, err);
	if (r < 0)
		return r;
	r = load_objects(&loader);
	if (r < 0)
		return r;
	*ret = TAKE(store);
	return 0;
}

struct bcd_object *bcd_store_find(const struct bcd_store *store, const struct guid *id)
{
	for (size_t i = 0; i < store->object_count; i++)
		if (guid_equal(&store->objects[i]->id, id))
			return store->objects[i];
	return NULL;
}

struct bcd_element *bcd_object_find(const struct bcd_object *object, uint32_t code)
{
	for (size_t i = 0; i < object->element_count; i++)
		if (object->elements[i].code == code)
			return &object->elements[i];
	return NULL;
}

bool bcd_object_bool(const struct bcd_object *object, uint32_t code)
{
	const struct bcd_element *element = bcd_object_find(object, code);

	return element && element->data && element->size == 1 && element->data[0] != 0;
}

bool bcd_element_integer(const struct bcd_element *element, uint64_t *ret)
{
	uint64_t value = 0;

	if (!element->data || element->registry_type != hive_t_binary || element->size < 1 ||
	    element->size > 8)
		return false;
	for (size_t i = element->size; i-- > 0;)
		value = value << 8 | element->data[i];
	*ret = value;
	return true;
}

char *bcd_object_string(const struct bcd_object *object, uint32_t code)
{
	const struct bcd_element *element = bcd_object_find(object, code);

	if (!element || !element->data || element->registry_type != hive_t_string)
		return NULL;
	return utf16le_to_utf8(element->data, element->size);
}

/* Parse the string of 'length' units at 'at'. */
static bool parse_guid_units(const uint8_t *at, size_t length, struct guid *ret)
{
	char text[GUID_UNITS + 1];

	if (length != GUID_UNITS)
		return false;
	for (size_t i = 0; i < length; i++) {
		uint16_t unit = get_le16(at + 2 * i);

		if (unit == 0 || unit > 0x7e)
			return false;
		text[i] = (char)unit;
	}
	text[GUID_UNITS] = '\0';
	return text[0] == '{' && guid_parse(text, ret);
}

static size_t string_units(const uint8_t *at, size_t units)
{
	size_t length = 0;

	while (length < units && get_le16(at + 2 * length) != 0)
		length++;
	return length;
}

int bcd_element_guids(const struct bcd_element *element, struct guid **ret, size_t *ret_count)
{
	bool is_list = BCD_ELEMENT_FORMAT(element->code) == BCD_FORMAT_OBJECT_LIST;
	CLEANUP_FREE struct guid *ids = NULL;
	size_t units = element->size / 2, count = 0;
	const uint8_t *at = element->data;

	if (!at || (element->registry_type != hive_t_string &&
		    element->registry_type != hive_t_multiple_strings))
		return -EUCLEAN;
	ids = calloc(units / GUID_UNITS + 1, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	while (units > 0) {
		size_t length = string_units(at, units),
		       used = length < units ? length + 1 : length;

		if (length == 0)
			break;
		if (!parse_guid_units(at, length, &ids[count++]))
			return -EUCLEAN;
		if (!is_list)
			break;
		at += 2 * used;
		units -= used;
	}
	if (!is_list && count == 0)
		return -EUCLEAN;
	*ret = TAKE(ids);
	*ret_count = count;
	return 0;
}

bool bcd_object_guid(const struct bcd_object *object, uint32_t code, struct guid *ret)
{
	const struct bcd_element *element = bcd_object_find(object, code);
	CLEANUP_FREE struct guid *ids = NULL;
	size_t count = 0;

	if (!element || bcd_element_guids(element, &ids, &count) < 0 || count == 0)
		return false;
	*ret = ids[0];
	return true;
}

bool bcd_ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcasecmp(text + length - end_length, end) == 0;
}

/* Cut to at most 'max' bytes, not within a character. */
static void cut(char *text, size_t max)
{
	if (strlen(text) <= max)
		return;
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	text[max] = '\0';
}

char *bcd_object_title(const struct bcd_object *object, char title[BCD_TITLE_SIZE])
{
	CLEANUP_FREE char *description = bcd_object_string(object, BCD_DESCRIPTION);
	char id[GUID_TEXT_SIZE];

	guid_format(&object->id, id);
	if (description && *description) {
		cut(description, TITLE_MAX);
		snprintf(title, BCD_TITLE_SIZE, "'%s' {%s}", description, id);
	} else {
		snprintf(title, BCD_TITLE_SIZE, "{%s}", id);
	}
	return title;
}

int bcd_store_commit(struct bcd_store *store, uint8_t **ret_bytes, size_t *ret_size,
		     struct error *err)
{
	return hive_commit(store->hive, ret_bytes, ret_size, err);
}
