/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of variables: order is that of the container, keys are compared exactly. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "nvram/internal.h"
#include "nvram/nvram.h"

static void variable_done(struct nvram_variable *variable)
{
	free(variable->name);
	free(variable->data);
	*variable = (struct nvram_variable){.name = NULL};
}

void nvram_done(struct nvram *nvram)
{
	for (size_t i = 0; i < nvram->count; i++)
		variable_done(&nvram->variables[i]);
	free(nvram->variables);
	*nvram = (struct nvram)NVRAM_INIT;
}

static struct nvram_variable *find_variable(const struct nvram *nvram, const struct guid *vendor,
					    const char *name)
{
	for (size_t i = 0; i < nvram->count; i++) {
		struct nvram_variable *variable = &nvram->variables[i];

		if (guid_equal(&variable->vendor, vendor) && strcmp(variable->name, name) == 0)
			return variable;
	}
	return NULL;
}

const struct nvram_variable *nvram_get(const struct nvram *nvram, const struct guid *vendor,
				       const char *name)
{
	return find_variable(nvram, vendor, name);
}

/* A new last element, all zero. The array grows by doubling: its capacity is the power of two at or
 * above 'count'. */
static struct nvram_variable *append_variable(struct nvram *nvram)
{
	if (nvram->count == 0 || is_power_of_two(nvram->count)) {
		size_t capacity = nvram->count ? 2 * nvram->count : 1;
		struct nvram_variable *variables =
			realloc(nvram->variables, capacity * sizeof(*variables));

		if (!variables)
			return NULL;
		nvram->variables = variables;
	}
	nvram->variables[nvram->count] = (struct nvram_variable){.name = NULL};
	return &nvram->variables[nvram->count++];
}

int nvram_set_value(struct nvram *nvram, const struct guid *vendor, const char *name,
		    const struct nvram_value *value, struct error *err)
{
	struct nvram_variable *variable = find_variable(nvram, vendor, name);
	struct nvram_variable replacement;
	CLEANUP_FREE uint8_t *new_data = malloc(value->size ? value->size : 1);
	CLEANUP_FREE char *new_name = strdup(name);

	if (!new_data || !new_name)
		return error_failed(err, ENOMEM, "variable '%s': out of memory", name);
	if (!variable && nvram->count >= NVRAM_MAX_VARIABLES)
		return error_damaged(err, "variable '%s': more than %d variables", name,
				     NVRAM_MAX_VARIABLES);
	if (!variable && !(variable = append_variable(nvram)))
		return error_failed(err, ENOMEM, "variable '%s': out of memory", name);
	/* Build first, release then: the arguments may belong to the variable that is replaced. */
	if (value->size > 0)
		memcpy(new_data, value->data, value->size);
	replacement = (struct nvram_variable){.vendor = *vendor,
					      .name = TAKE(new_name),
					      .attributes = value->attributes,
					      .data = TAKE(new_data),
					      .size = value->size};
	if (value->time)
		memcpy(replacement.time, value->time, sizeof(replacement.time));
	variable_done(variable);
	*variable = replacement;
	return 0;
}

int nvram_set(struct nvram *nvram, const struct guid *vendor, const char *name, uint32_t attributes,
	      const void *data, size_t size, struct error *err)
{
	const struct nvram_value value = {attributes, NULL, data, size};

	return nvram_set_value(nvram, vendor, name, &value, err);
}

int nvram_put(struct nvram *nvram, const struct nvram_variable *variable, struct error *err)
{
	const struct nvram_value value = {variable->attributes, variable->time, variable->data,
					  variable->size};

	return nvram_set_value(nvram, &variable->vendor, variable->name, &value, err);
}

bool nvram_remove(struct nvram *nvram, const struct guid *vendor, const char *name)
{
	struct nvram_variable *variable = find_variable(nvram, vendor, name);
	size_t index;

	if (!variable)
		return false;
	index = (size_t)(variable - nvram->variables);
	variable_done(variable);
	memmove(variable, variable + 1, (nvram->count - index - 1) * sizeof(*variable));
	nvram->count--;
	return true;
}

int nvram_copy(const struct nvram *from, struct nvram *ret, struct error *err)
{
	*ret = (struct nvram)NVRAM_INIT;
	for (size_t i = 0; i < from->count; i++) {
		int r = nvram_put(ret, &from->variables[i], err);

		if (r < 0) {
			nvram_done(ret);
			return r;
		}
	}
	return 0;
}

bool nvram_variable_equal(const struct nvram_variable *a, const struct nvram_variable *b)
{
	return guid_equal(&a->vendor, &b->vendor) && strcmp(a->name, b->name) == 0 &&
	       a->attributes == b->attributes && memcmp(a->time, b->time, sizeof(a->time)) == 0 &&
	       a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

struct guid nvram_digest(const struct nvram *nvram)
{
	struct guid digest = GUID(0x1f0c5a2e, 0x8d43, 0x5b97, 0xa6c1, 0x3e7790d2b458);

	for (size_t i = 0; i < nvram->count; i++) {
		const struct nvram_variable *variable = &nvram->variables[i];
		uint8_t attributes[4];

		put_le32(attributes, variable->attributes);
		digest = guid_from_name(&digest, variable->vendor.bytes,
					sizeof(variable->vendor.bytes));
		digest = guid_from_name(&digest, variable->name, strlen(variable->name));
		digest = guid_from_name(&digest, attributes, sizeof(attributes));
		digest = guid_from_name(&digest, variable->time, sizeof(variable->time));
		if (variable->size)
			digest = guid_from_name(&digest, variable->data, variable->size);
	}
	return digest;
}
