/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The JSON text of a VMGS version 1. It is read with jansson and edited as text: numbers, members
 * and devices that are not ours keep every byte.
 */
#include "nvram/vmgs1_json.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "common/buffer.h"
#include "nvram/internal.h"
#include "nvram/vmgs1_layout.h"

static void cleanup_json(json_t **json)
{
	json_decref(*json);
}
#define CLEANUP_JSON CLEANUP(cleanup_json)

static int read_variable(const struct guid *vendor, const char *key, const json_t *item,
			 const char *name, struct nvram *nvram, struct error *err)
{
	const json_t *attributes = json_object_get(item, "Attributes");
	const json_t *data = json_object_get(item, "Data");
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
	const json_t *value;
	size_t i;

	if (!json_is_integer(attributes) || json_integer_value(attributes) < 0 ||
	    json_integer_value(attributes) > UINT32_MAX || !json_is_array(data))
		return error_damaged(err, "'%s': variable '%s' lacks Attributes or Data", name,
				     key);
	json_array_foreach(data, i, value)
	{
		json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;
		uint8_t byte = (uint8_t)number;

		if (number < 0 || number > UINT8_MAX)
			return error_damaged(err, "'%s': element %zu of variable '%s' is no byte",
					     name, i, key);
		buffer_append(&bytes, &byte, 1);
	}
	if (bytes.failed)
		return error_failed(err, ENOMEM, "'%s': out of memory", name);
	if (nvram_get(nvram, vendor, key)) /* one vendor under two spellings of its GUID */
		return error_damaged(err, "'%s': variable '%s' is there twice", name, key);
	return nvram_set(nvram, vendor, key, (uint32_t)json_integer_value(attributes), bytes.data,
			 bytes.size, err);
}

/* The object with the vendors and their variables; NULL when there is none. */
static json_t *state_vendors(const json_t *root)
{
	const json_t *bios = json_object_get(json_object_get(root, "Devices"), VMGS1_BIOS);

	return json_object_get(json_object_get(json_object_get(bios, "States"), "Nvram"),
			       "Vendors");
}

static int read_vendors(json_t *vendors, const char *name, struct nvram *nvram, struct error *err)
{
	const char *vendor_text, *key;
	json_t *vendor, *item;

	if (!json_is_object(vendors))
		return error_damaged(err, "'%s': the guest state has no Nvram; start the VM once",
				     name);
	json_object_foreach(vendors, vendor_text, vendor)
	{
		json_t *variables = json_object_get(vendor, "Variables");
		struct guid guid;

		if (!guid_parse(vendor_text, &guid) || !json_is_object(vendor) ||
		    (variables && !json_is_object(variables)))
			return error_damaged(err,
					     "'%s': vendor '%s' is no GUID or has no variables",
					     name, vendor_text);
		json_object_foreach(variables, key, item)
		{
			int r = read_variable(&guid, key, item, name, nvram, err);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int parse_state(const char *text, size_t size, const char *name, json_t **ret,
		       struct error *err)
{
	json_error_t problem;

	*ret = json_loadb(text, size, JSON_REJECT_DUPLICATES, &problem);
	return *ret ? 0
		    : error_damaged(err, "'%s': JSON of the guest state, line %d: %s", name,
				    problem.line, problem.text);
}

int vmgs1_json_decode(const char *text, size_t size, const char *name, struct nvram *ret,
		      struct error *err)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	CLEANUP_JSON json_t *root = NULL;
	int r = parse_state(text, size, name, &root, err);

	if (r == 0)
		r = read_vendors(state_vendors(root), name, &nvram, err);
	if (r < 0)
		return r;
	*ret = nvram;
	nvram = (struct nvram)NVRAM_INIT;
	return 0;
}

/* A value within the text: from its first to behind its last character. */
struct span {
	size_t start, end;
};

static size_t skip_space(const char *text, size_t at)
{
	return at + strspn(text + at, " \t\r\n");
}

/* Behind the string at 'at', which is its opening quote. */
static size_t skip_string(const char *text, size_t at)
{
	for (at++; text[at] && text[at] != '"'; at++)
		if (text[at] == '\\' && text[at + 1])
			at++;
	return text[at] ? at + 1 : at;
}

/* Behind the value at 'at'. The text is known to be JSON, so counting brackets is enough. */
static size_t skip_value(const char *text, size_t at)
{
	size_t depth = 0;

	do {
		if (text[at] == '"') {
			at = skip_string(text, at);
			continue;
		}
		if (text[at] == '{' || text[at] == '[')
			depth++;
		if (text[at] == '}' || text[at] == ']')
			depth--;
		else if (depth == 0 && text[at] != '{' && text[at] != '[')
			return at + strcspn(text + at, ",]} \t\r\n");
		at++;
	} while (depth > 0 && text[at]);
	return at;
}

/* The next member of the object that 'at' is in: start with at = object.start + 1. */
static bool next_member(const char *text, size_t *at, struct span *key, struct span *value)
{
	size_t from = skip_space(text, *at);

	if (text[from] == ',')
		from = skip_space(text, from + 1);
	if (text[from] != '"')
		return false;
	*key = (struct span){from, skip_string(text, from)};
	from = skip_space(text, key->end);
	if (text[from] != ':')
		return false;
	value->start = skip_space(text, from + 1);
	value->end = skip_value(text, value->start);
	*at = value->end;
	return true;
}

/* The key without quotes and escapes; to be freed. */
static char *key_text(const char *text, struct span key)
{
	CLEANUP_JSON json_t *string =
		json_loadb(text + key.start, key.end - key.start, JSON_DECODE_ANY, NULL);
	const char *value = json_string_value(string);

	return value ? strdup(value) : NULL;
}

static bool find_member(const char *text, struct span object, const char *name, struct span *ret)
{
	size_t at = object.start + 1;
	struct span key;

	if (text[object.start] != '{')
		return false;
	while (next_member(text, &at, &key, ret)) {
		CLEANUP_FREE char *found = key_text(text, key);

		if (found && strcmp(found, name) == 0)
			return true;
	}
	return false;
}

struct update {
	const char *text;
	const struct nvram *before;
	const struct nvram *wanted;
	bool *is_written;
	struct buffer out;
};

static void copy_span(struct update *update, size_t from, size_t to)
{
	buffer_append(&update->out, update->text + from, to - from);
}

static void add_data(struct buffer *out, const struct nvram_variable *variable)
{
	buffer_text(out, "[");
	for (size_t i = 0; i < variable->size; i++)
		buffer_printf(out, "%s%u", i ? "," : "", variable->data[i]);
	buffer_text(out, "]");
}

static int add_string(struct buffer *out, const char *value, struct error *err)
{
	CLEANUP_JSON json_t *string = json_string(value);
	CLEANUP_FREE char *text = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;

	if (!text)
		return error_failed(err, EILSEQ, "variable '%s': cannot be written as JSON", value);
	buffer_text(out, text);
	return 0;
}

static int add_variable(struct update *update, size_t index, struct error *err)
{
	const struct nvram_variable *variable = &update->wanted->variables[index];
	int r = add_string(&update->out, variable->name, err);

	buffer_printf(&update->out, ":{\"Attributes\":%u,\"Data\":", variable->attributes);
	add_data(&update->out, variable);
	buffer_text(&update->out, "}");
	update->is_written[index] = true;
	return r;
}

/* The variable's object with other values for Attributes and Data. */
static void rewrite_variable(struct update *update, struct span key, struct span value,
			     size_t index)
{
	const struct nvram_variable *variable = &update->wanted->variables[index];
	size_t at = value.start + 1, copied = key.start;
	struct span member, member_value;

	while (next_member(update->text, &at, &member, &member_value)) {
		CLEANUP_FREE char *name = key_text(update->text, member);

		if (!name || (strcmp(name, "Attributes") != 0 && strcmp(name, "Data") != 0))
			continue;
		copy_span(update, copied, member_value.start);
		copied = member_value.end;
		if (strcmp(name, "Data") == 0)
			add_data(&update->out, variable);
		else
			buffer_printf(&update->out, "%u", variable->attributes);
	}
	copy_span(update, copied, value.end);
	update->is_written[index] = true;
}

static size_t find_wanted(const struct update *update, const struct guid *vendor, const char *name)
{
	size_t i = 0;

	while (i < update->wanted->count &&
	       (!guid_equal(&update->wanted->variables[i].vendor, vendor) ||
		strcmp(update->wanted->variables[i].name, name) != 0))
		i++;
	return i;
}

static bool is_unchanged(const struct update *update, const struct guid *vendor, const char *name,
			 size_t index)
{
	const struct nvram_variable *before = nvram_get(update->before, vendor, name);
	const struct nvram_variable *after = &update->wanted->variables[index];

	return before && before->attributes == after->attributes && before->size == after->size &&
	       memcmp(before->data, after->data, after->size) == 0;
}

static int add_new(struct update *update, const struct guid *vendor, bool *has_some,
		   struct error *err)
{
	for (size_t i = 0; i < update->wanted->count; i++) {
		int r;

		if (update->is_written[i] ||
		    !guid_equal(&update->wanted->variables[i].vendor, vendor))
			continue;
		if (*has_some)
			buffer_text(&update->out, ",");
		*has_some = true;
		r = add_variable(update, i, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The members of a 'Variables' object, between its braces. */
static int update_variables(struct update *update, const struct guid *vendor, struct span object,
			    struct error *err)
{
	size_t at = object.start + 1, copied = object.start + 1;
	struct span key, value;
	bool has_some = false;
	int r;

	while (next_member(update->text, &at, &key, &value)) {
		CLEANUP_FREE char *name = key_text(update->text, key);
		size_t index;

		if (!name)
			return error_failed(err, ENOMEM, "out of memory");
		index = find_wanted(update, vendor, name);
		if (index < update->wanted->count && !update->is_written[index]) {
			/* what stands before it, but no comma when it comes first now */
			if (!has_some && update->text[skip_space(update->text, copied)] == ',')
				copied = skip_space(update->text, copied) + 1;
			copy_span(update, copied, key.start);
			has_some = true;
			if (is_unchanged(update, vendor, name, index))
				copy_span(update, key.start, value.end);
			else
				rewrite_variable(update, key, value, index);
			update->is_written[index] = true;
		}
		copied = value.end;
	}
	r = add_new(update, vendor, &has_some, err);
	copy_span(update, copied, object.end);
	return r;
}

/* A 'Variables' object for a vendor that has other members only, at the front of them. */
static int add_object(struct update *update, const struct guid *vendor, struct span value,
		      struct error *err)
{
	bool has_some = false;
	int r;

	buffer_text(&update->out, "\"Variables\":{");
	r = add_new(update, vendor, &has_some, err);
	buffer_text(&update->out, "}");
	if (update->text[skip_space(update->text, value.start + 1)] != '}')
		buffer_text(&update->out, ",");
	return r;
}

/* Vendors that the text does not have yet. */
static int add_vendors(struct update *update, bool has_some, struct error *err)
{
	for (size_t i = 0; i < update->wanted->count; i++) {
		const struct guid *vendor = &update->wanted->variables[i].vendor;
		char vendor_text[GUID_TEXT_SIZE];
		bool has_variables = false;
		int r;

		if (update->is_written[i])
			continue;
		buffer_printf(&update->out, "%s\"%s\":{\"Variables\":{", has_some ? "," : "",
			      guid_format(vendor, vendor_text));
		r = add_new(update, vendor, &has_variables, err);
		buffer_text(&update->out, "}}");
		if (r < 0)
			return r;
		has_some = true;
	}
	return 0;
}

static int update_vendors(struct update *update, struct span vendors, struct error *err)
{
	size_t at = vendors.start + 1, copied = 0;
	struct span key, value, variables;
	bool has_some = false;
	int r;

	while (next_member(update->text, &at, &key, &value)) {
		CLEANUP_FREE char *name = key_text(update->text, key);
		struct guid vendor;

		has_some = true;
		if (!name || !guid_parse(name, &vendor))
			return error_failed(err, ENOMEM, "out of memory");
		if (find_member(update->text, value, "Variables", &variables)) {
			copy_span(update, copied, variables.start + 1);
			r = update_variables(update, &vendor, variables, err);
			copied = variables.end;
		} else {
			copy_span(update, copied, value.start + 1);
			r = add_object(update, &vendor, value, err);
			copied = value.start + 1;
		}
		if (r < 0)
			return r;
	}
	copy_span(update, copied, vendors.end - 1);
	r = add_vendors(update, has_some, err);
	copy_span(update, vendors.end - 1, strlen(update->text));
	return r;
}

static bool find_vendors(const char *text, struct span *ret)
{
	static const char *const path[] = {"Devices", VMGS1_BIOS, "States", "Nvram", "Vendors"};
	struct span at = {skip_space(text, 0), strlen(text)};

	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++)
		if (!find_member(text, at, path[i], &at))
			return false;
	*ret = at;
	return true;
}

int vmgs1_json_update(const char *text, size_t size, const char *name, const struct nvram *nvram,
		      char **ret, struct error *err)
{
	CLEANUP_FREE bool *is_written = calloc(nvram->count + 1, sizeof(*is_written));
	CLEANUP_NVRAM struct nvram before = NVRAM_INIT;
	struct update update = {text, &before, nvram, is_written, BUFFER_INIT};
	struct span vendors;
	int r = vmgs1_json_decode(text, size, name, &before, err);

	if (r < 0)
		return r;
	if (!is_written || !find_vendors(text, &vendors))
		return error_failed(err, ENOMEM, "'%s': out of memory", name);
	r = update_vendors(&update, vendors, err);
	if (r == 0) {
		*ret = buffer_take_text(&update.out);
		r = *ret ? 0 : error_failed(err, ENOMEM, "'%s': out of memory", name);
	}
	buffer_done(&update.out);
	return r;
}
