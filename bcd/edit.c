/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Changes to a BCD store: each is made in the hive and in the model, so that later steps see it.
 * Keys are written as Windows writes them: identifiers and element numbers in lower case, integers
 * as eight bytes.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bcd/store.h"
#include "common/bytes.h"
#include "common/utf16.h"

#define HIVE_MINOR 3 /* what 136 of 139 real stores have */

static int no_memory(const struct bcd_store *store, struct error *err)
{
	return error_failed(err, ENOMEM, "'%s': out of memory", hive_name(store->hive));
}

int bcd_store_new(const char *name, struct bcd_store **ret, struct error *err)
{
	CLEANUP_BCD_STORE struct bcd_store *store = calloc(1, sizeof(*store));
	int r;

	if (!store)
		return error_failed(err, ENOMEM, "'%s': out of memory", name);
	r = hive_new(name, "NewStoreRoot", HIVE_MINOR, &store->hive, err);
	if (r < 0)
		return r;
	store->objects_node = hive_make(store->hive, 0, "Objects", err);
	if (store->objects_node == 0)
		return -EUCLEAN;
	r = bcd_store_describe(store, false, err);
	if (r < 0)
		return r;
	*ret = TAKE(store);
	return 0;
}

static int grow_objects(struct bcd_store *store, struct bcd_object *object, struct error *err)
{
	struct bcd_object **grown =
		reallocarray(store->objects, store->object_count + 1, sizeof(struct bcd_object *));

	if (!grown)
		return no_memory(store, err);
	grown[store->object_count++] = object;
	store->objects = grown;
	return 0;
}

/* The keys of a new object. */
static int make_object_keys(struct bcd_store *store, struct bcd_object *object, struct error *err)
{
	char id[GUID_TEXT_SIZE], key[GUID_TEXT_SIZE + 2];
	hive_node_h description;

	snprintf(key, sizeof(key), "{%s}", guid_format(&object->id, id));
	object->node = hive_make(store->hive, store->objects_node, key, err);
	if (object->node == 0)
		return -EUCLEAN;
	description = hive_make(store->hive, object->node, "Description", err);
	object->elements_node = hive_make(store->hive, object->node, "Elements", err);
	if (description == 0 || object->elements_node == 0)
		return -EUCLEAN;
	return hive_set_dword(store->hive, description, "Type", object->type, err);
}

int bcd_store_add(struct bcd_store *store, const struct guid *id, uint32_t type,
		  struct bcd_object **ret, struct error *err)
{
	struct bcd_object *object = calloc(1, sizeof(*object));
	int r;

	if (!object)
		return no_memory(store, err);
	object->id = *id;
	object->type = type;
	r = grow_objects(store, object, err);
	if (r < 0) {
		free(object);
		return r;
	}
	r = make_object_keys(store, object, err);
	if (r == 0 && ret)
		*ret = object;
	return r;
}

static void forget_object(struct bcd_store *store, struct bcd_object *object)
{
	size_t at = 0;

	while (store->objects[at] != object)
		at++;
	memmove(&store->objects[at], &store->objects[at + 1],
		(store->object_count - at - 1) * sizeof(struct bcd_object *));
	store->object_count--;
	for (size_t i = 0; i < object->element_count; i++)
		free(object->elements[i].data);
	free(object->elements);
	free(object);
}

int bcd_store_remove(struct bcd_store *store, struct bcd_object *object, struct error *err)
{
	char id[GUID_TEXT_SIZE], key[GUID_TEXT_SIZE + 2];
	int r;

	snprintf(key, sizeof(key), "{%s}", guid_format(&object->id, id));
	r = hive_remove(store->hive, store->objects_node, key, err);
	if (r < 0)
		return r;
	forget_object(store, object);
	return 0;
}

/* The element to be set, new with no data when the object has none of that code. */
static struct bcd_element *make_element(struct bcd_object *object, uint32_t code)
{
	struct bcd_element *found = bcd_object_find(object, code), *grown;

	if (found)
		return found;
	grown = reallocarray(object->elements, object->element_count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	object->elements = grown;
	grown[object->element_count] = (struct bcd_element){.code = code};
	return &grown[object->element_count++];
}

static int set_in_hive(struct bcd_store *store, struct bcd_object *object, uint32_t code,
		       const void *data, size_t size, struct error *err)
{
	hive_node_h node;
	char key[9];

	snprintf(key, sizeof(key), "%08" PRIx32, code);
	if (object->elements_node == 0)
		object->elements_node = hive_make(store->hive, object->node, "Elements", err);
	if (object->elements_node == 0)
		return -EUCLEAN;
	node = hive_make(store->hive, object->elements_node, key, err);
	if (node == 0)
		return -EUCLEAN;
	return hive_set(store->hive, node, "Element", bcd_registry_type(code), data, size, err);
}

int bcd_object_set(struct bcd_store *store, struct bcd_object *object, uint32_t code,
		   const void *data, size_t size, struct error *err)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct bcd_element *element = make_element(object, code);

	if (!copy || !element) {
		free(copy);
		return no_memory(store, err);
	}
	memcpy(copy, data, size);
	free(element->data);
	element->data = copy;
	element->size = size;
	element->registry_type = bcd_registry_type(code);
	return set_in_hive(store, object, code, copy, size, err);
}

int bcd_object_set_string(struct bcd_store *store, struct bcd_object *object, uint32_t code,
			  const char *text, struct error *err)
{
	size_t size = 0;
	CLEANUP_FREE uint8_t *utf16 = utf8_to_utf16le(text, &size);

	if (!utf16)
		return error_failed(err, errno, "'%s': cannot write the text '%s'",
				    hive_name(store->hive), text);
	return bcd_object_set(store, object, code, utf16, size, err);
}

int bcd_object_set_bool(struct bcd_store *store, struct bcd_object *object, uint32_t code,
			bool value, struct error *err)
{
	uint8_t byte = value;

	return bcd_object_set(store, object, code, &byte, 1, err);
}

int bcd_object_set_integer(struct bcd_store *store, struct bcd_object *object, uint32_t code,
			   uint64_t value, struct error *err)
{
	uint8_t bytes[8];

	put_le64(bytes, value);
	return bcd_object_set(store, object, code, bytes, sizeof(bytes), err);
}

int bcd_object_set_guids(struct bcd_store *store, struct bcd_object *object, uint32_t code,
			 const struct guid *ids, size_t count, struct error *err)
{
	bool is_list = BCD_ELEMENT_FORMAT(code) == BCD_FORMAT_OBJECT_LIST;
	size_t units = GUID_TEXT_SIZE + 2, size = (count * units + is_list) * 2;
	CLEANUP_FREE uint8_t *data = calloc(1, size + 1);

	if (count == 0)
		return bcd_object_unset(store, object, code, err);
	if (!data)
		return no_memory(store, err);
	for (size_t i = 0; i < count; i++) {
		char id[GUID_TEXT_SIZE], text[GUID_TEXT_SIZE + 2];
		int length = snprintf(text, sizeof(text), "{%s}", guid_format(&ids[i], id));

		for (int at = 0; at < length; at++)
			put_le16(data + (i * units + (size_t)at) * 2, (uint16_t)text[at]);
	}
	return bcd_object_set(store, object, code, data, size, err);
}

int bcd_object_unset(struct bcd_store *store, struct bcd_object *object, uint32_t code,
		     struct error *err)
{
	struct bcd_element *element = bcd_object_find(object, code);
	size_t at;
	char key[9];
	int r;

	if (!element)
		return 0;
	snprintf(key, sizeof(key), "%08" PRIx32, code);
	r = hive_remove(store->hive, object->elements_node, key, err);
	if (r < 0)
		return r;
	at = (size_t)(element - object->elements);
	free(element->data);
	memmove(element, element + 1, (object->element_count - at - 1) * sizeof(*element));
	object->element_count--;
	return 0;
}

/* What Windows puts into the store's Description at run time. */
static int forget_run_time(struct bcd_store *store, hive_node_h description, struct error *err)
{
	static const char *const names[] = {"GuidCache", "TreatAsSystem", "FirmwareModified",
					    "System"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int r = hive_unset(store->hive, description, names[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

int bcd_store_describe(struct bcd_store *store, bool is_recovery, struct error *err)
{
	size_t size = 0;
	CLEANUP_FREE uint8_t *key_name = utf8_to_utf16le("BCD00000000", &size);
	hive_node_h description = hive_make(store->hive, 0, "Description", err);
	int r;

	if (description == 0)
		return -EUCLEAN;
	if (!key_name)
		return no_memory(store, err);
	r = forget_run_time(store, description, err);
	if (r < 0)
		return r;
	r = hive_set(store->hive, description, "KeyName", hive_t_string, key_name, size, err);
	if (r < 0)
		return r;
	r = hive_set_dword(store->hive, description, is_recovery ? "FirmwareModified" : "System", 1,
			   err);
	for (size_t i = 0; i < store->object_count && r == 0; i++) {
		hive_node_h node = hive_find(store->hive, store->objects[i]->node, "Description");

		if (node)
			r = hive_unset(store->hive, node, "FirmwareVariable", err);
	}
	return r;
}
