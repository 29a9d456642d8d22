/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All values of a key at once, and removals: the part of hive.h for edits that hive_set() does not
 * cover. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "common/hive/hive.h"

#define MAX_VALUES 65536
#define MAX_TOTAL  (16 * MIB)

static void value_done(struct hive_value_copy *value)
{
	free(value->name);
	free(value->bytes);
}

void hive_values_done(struct hive_values *values)
{
	for (size_t i = 0; i < values->count; i++)
		value_done(&values->list[i]);
	free(values->list);
	values->list = NULL;
	values->count = 0;
}

static int unreadable(struct hive *hive, struct error *err)
{
	return error_library(err, "'%s': cannot read the values of a key", hive_name(hive));
}

static int copy_value(struct hive *hive, hive_value_h value, struct hive_value_copy *ret,
		      struct error *err)
{
	hive_type type;

	ret->name = hivex_value_key(hive_handle(hive), value);
	ret->bytes = (uint8_t *)hivex_value_value(hive_handle(hive), value, &type, &ret->size);
	ret->type = (uint32_t)type;
	if (!ret->name || !ret->bytes)
		return unreadable(hive, err);
	return 0;
}

static int copy_values(struct hive *hive, const hive_value_h *from, size_t count,
		       struct hive_values *values, struct error *err)
{
	uint64_t total = 0;

	for (; values->count < count; values->count++) {
		struct hive_value_copy *value = &values->list[values->count];
		int r = copy_value(hive, from[values->count], value, err);

		total += value->size;
		if (r == 0 && total > MAX_TOTAL)
			r = error_damaged(err, "'%s': a key with more than 16 MiB of values",
					  hive_name(hive));
		if (r < 0) {
			value_done(value);
			return r;
		}
	}
	return 0;
}

int hive_get_values(struct hive *hive, hive_node_h node, struct hive_values *ret, struct error *err)
{
	CLEANUP_FREE hive_value_h *found = hivex_node_values(hive_handle(hive), node);
	CLEANUP_HIVE_VALUES struct hive_values values = {.list = NULL};
	size_t count = 0;
	int r;

	if (!found)
		return unreadable(hive, err);
	while (found[count])
		count++;
	if (count > MAX_VALUES)
		return error_damaged(err, "'%s': a key with %zu values", hive_name(hive), count);
	values.list = calloc(count + 1, sizeof(*values.list));
	if (!values.list)
		return error_failed(err, ENOMEM, "'%s': out of memory", hive_name(hive));
	r = copy_values(hive, found, count, &values, err);
	if (r < 0)
		return r;
	*ret = values;
	values.list = NULL;
	values.count = 0;
	return 0;
}

int hive_set_values(struct hive *hive, hive_node_h node, const struct hive_values *values,
		    struct error *err)
{
	CLEANUP_FREE hive_set_value *set = calloc(values->count + 1, sizeof(*set));

	if (!set)
		return error_failed(err, ENOMEM, "'%s': out of memory", hive_name(hive));
	for (size_t i = 0; i < values->count; i++) {
		const struct hive_value_copy *value = &values->list[i];

		if (value->size > HIVE_MAX_VALUE)
			return error_failed(
				err, E2BIG,
				"'%s': a key with a value of %zu bytes cannot be edited",
				hive_name(hive), value->size);
		set[i] = (hive_set_value){.key = value->name,
					  .t = (hive_type)value->type,
					  .len = value->size,
					  .value = (char *)value->bytes};
	}
	if (hivex_node_set_values(hive_handle(hive), node, values->count, set, 0) < 0)
		return error_library(err, "'%s': cannot set the values of a key", hive_name(hive));
	return 0;
}

int hive_unset(struct hive *hive, hive_node_h node, const char *value, struct error *err)
{
	CLEANUP_HIVE_VALUES struct hive_values values = {.list = NULL};
	size_t kept = 0;
	int r;

	if (hivex_node_get_value(hive_handle(hive), node, value) == 0)
		return 0;
	r = hive_get_values(hive, node, &values, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < values.count; i++) {
		if (strcasecmp(values.list[i].name, value) == 0)
			value_done(&values.list[i]);
		else
			values.list[kept++] = values.list[i];
	}
	values.count = kept;
	return hive_set_values(hive, node, &values, err);
}

int hive_remove(struct hive *hive, hive_node_h node, const char *child, struct error *err)
{
	hive_node_h found = hive_find(hive, node, child);

	if (found == 0)
		return 0;
	if (hivex_node_delete_child(hive_handle(hive), found) < 0)
		return error_library(err, "'%s': cannot remove key '%s'", hive_name(hive), child);
	return 0;
}
