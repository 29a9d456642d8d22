/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Variables as JSON, in the form that virt-firmware and the uefi-vars device of QEMU use, so that
 * they can be exchanged:
 *
 *   {"version": 2, "variables": [
 *           {"name": "BootOrder", "guid": "8be4df61-...", "attr": 7, "data": "0000"}]}
 *
 * 'data' is hexadecimal, and so is 'time' (EFI_TIME), which is there only when it is not zero.
 * Other members are kept.
 */
#include <errno.h>
#include <string.h>

#include "common/bytes.h"
#include "common/base64.h"
#include "nvram/container.h"
#include "nvram/internal.h"
#include "nvram/json_text.h"

#define FORMAT_VERSION 2

static int parse_variables(const struct file_bytes *file, json_t **ret, struct error *err)
{
	int r = nvram_json_parse(file, ret, err);

	if (r < 0)
		return r;
	if (!json_is_array(json_object_get(*ret, "variables")))
		return error_damaged(err, "'%s': JSON without an array 'variables'", file->name);
	return 0;
}

static int read_hex(const json_t *item, const char *key, const char *name, struct buffer *ret,
		    struct error *err)
{
	const json_t *value = json_object_get(item, key);

	if (value && (!json_is_string(value) ||
		      !hex_decode(json_string_value(value), json_string_length(value), ret)))
		return error_damaged(err, "'%s': '%s' of a variable is not hexadecimal", name, key);
	return ret->failed ? error_failed(err, ENOMEM, "'%s': out of memory", name) : 0;
}

static int read_variable(const json_t *item, const char *name, struct nvram *nvram,
			 struct error *err)
{
	const char *key = json_string_value(json_object_get(item, "name"));
	const char *vendor = json_string_value(json_object_get(item, "guid"));
	const json_t *attributes = json_object_get(item, "attr");
	CLEANUP_BUFFER struct buffer data = BUFFER_INIT;
	CLEANUP_BUFFER struct buffer time = BUFFER_INIT;
	struct guid guid;
	int r;

	if (!key || !*key || !vendor || !guid_parse(vendor, &guid) ||
	    !json_is_integer(attributes) || json_integer_value(attributes) < 0 ||
	    json_integer_value(attributes) > UINT32_MAX)
		return error_damaged(
			err, "'%s': a variable needs 'name', 'guid' and 'attr', found name '%s'",
			name, key ? key : "");
	r = read_hex(item, "data", name, &data, err);
	if (r == 0)
		r = read_hex(item, "time", name, &time, err);
	if (r == 0 && time.size != 0 && time.size != 16)
		r = error_damaged(err, "'%s': 'time' of '%s' has %zu bytes, not 16", name, key,
				  time.size);
	if (r < 0)
		return r;
	return nvram_set_value(nvram, &guid, key,
			       &(struct nvram_value){(uint32_t)json_integer_value(attributes),
						     time.data, data.data, data.size},
			       err);
}

static int nvram_json_decode(const struct file_bytes *file, struct nvram *ret, struct error *err)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	CLEANUP_JSON json_t *root = NULL;
	const json_t *item;
	size_t i;
	int r = parse_variables(file, &root, err);

	if (r < 0)
		return r;
	json_array_foreach(json_object_get(root, "variables"), i, item)
	{
		r = read_variable(item, file->name, &nvram, err);
		if (r < 0)
			return r;
	}
	*ret = nvram;
	nvram = (struct nvram)NVRAM_INIT;
	return 0;
}

static json_t *hex_value(const uint8_t *data, size_t size)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;

	hex_encode(&text, data, size);
	return text.failed ? NULL : json_stringn((const char *)text.data, text.size);
}

/* Bring an object, new or not, up to date with its variable. */
static int write_variable(json_t *item, const struct nvram_variable *variable, struct error *err)
{
	char vendor[GUID_TEXT_SIZE];
	bool failed = json_object_set_new(item, "name", json_string(variable->name)) < 0;

	failed |= json_object_set_new(item, "guid",
				      json_string(guid_format(&variable->vendor, vendor))) < 0;
	failed |= json_object_set_new(item, "attr", json_integer(variable->attributes)) < 0;
	failed |= json_object_set_new(item, "data", hex_value(variable->data, variable->size)) < 0;
	if (!is_zero(variable->time, sizeof(variable->time)))
		failed |= json_object_set_new(item, "time", hex_value(variable->time, 16)) < 0;
	else
		json_object_del(item, "time");
	return failed ? error_failed(err, EILSEQ, "variable '%s': cannot be written as JSON",
				     variable->name)
		      : 0;
}

/* The object in the old array that stands for the variable; NULL when it is new. */
static json_t *find_item(json_t *items, const struct nvram_variable *variable)
{
	struct guid guid;
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		const char *key = json_string_value(json_object_get(item, "name"));
		const char *vendor = json_string_value(json_object_get(item, "guid"));

		if (key && vendor && guid_parse(vendor, &guid) &&
		    guid_equal(&guid, &variable->vendor) && strcmp(key, variable->name) == 0)
			return item;
	}
	return NULL;
}

static int replace_variables(json_t *root, const struct nvram *nvram, struct error *err)
{
	json_t *old = json_object_get(root, "variables");
	CLEANUP_JSON json_t *items = json_array();

	for (size_t i = 0; i < nvram->count; i++) {
		json_t *item = find_item(old, &nvram->variables[i]);
		int r;

		item = item ? json_incref(item) : json_object();
		r = item ? write_variable(item, &nvram->variables[i], err) : 0;
		if (json_array_append_new(items, item) < 0)
			return error_failed(err, ENOMEM, "JSON: out of memory");
		if (r < 0)
			return r;
	}
	if (json_object_set(root, "variables", items) < 0)
		return error_failed(err, ENOMEM, "JSON: out of memory");
	return 0;
}

static int nvram_json_update(const struct file_bytes *old, const struct nvram *nvram, uint8_t **ret,
			     size_t *ret_size, struct error *err)
{
	CLEANUP_JSON json_t *root = NULL;
	int r = parse_variables(old, &root, err);

	if (r == 0)
		r = replace_variables(root, nvram, err);
	return r < 0 ? r : nvram_json_print(root, ret, ret_size, err);
}

static int nvram_json_encode(const struct nvram *nvram, const struct guid *vhd_id, uint8_t **ret,
			     size_t *ret_size, struct error *err)
{
	CLEANUP_JSON json_t *root = json_pack("{s:i}", "version", FORMAT_VERSION);
	int r;

	(void)vhd_id;
	if (!root)
		return error_failed(err, ENOMEM, "JSON: out of memory");
	r = replace_variables(root, nvram, err);
	return r < 0 ? r : nvram_json_print(root, ret, ret_size, err);
}

const struct nvram_container nvram_json_container = {
	.text = "JSON",
	.is_store = nvram_json_is_object,
	.decode = nvram_json_decode,
	.update = nvram_json_update,
	.encode = nvram_json_encode,
};
