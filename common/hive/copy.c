/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A copy of a key with all that is below it: the part of hive.h that libhivex has nothing for. Keys
 * and values are made through it; what it does not know is noted, and adopted when the hive is
 * committed.
 */
#include <errno.h>
#include <string.h>

#include "common/checked.h"
#include "common/hive/adopt.h"
#include "common/hive/hive.h"

/* Far above what a device has in Enum, and far below what would make a hive grow visibly. */
#define MAX_KEYS  1024
#define MAX_DEPTH 16
#define MAX_TOTAL MIB

struct tree {
	uint64_t keys, bytes;
};

static int unreadable(struct hive *hive, struct error *err)
{
	return error_library(err, "'%s': cannot read a key", hive_name(hive));
}

static int too_large(struct hive *hive, struct error *err)
{
	return error_failed(err, E2BIG, "'%s': a key with too much below it cannot be copied",
			    hive_name(hive));
}

static int measure_values(struct hive *hive, hive_node_h node, struct tree *tree, struct error *err)
{
	CLEANUP_HIVE_VALUES struct hive_values values = {.list = NULL};
	int r = hive_get_values(hive, node, &values, err);

	for (size_t i = 0; i < values.count; i++) {
		tree->bytes += values.list[i].size;
		if (values.list[i].size > HIVE_MAX_VALUE || tree->bytes > MAX_TOTAL)
			return too_large(hive, err);
	}
	return r;
}

/* Nothing is made before it is known that all of it can be read and made. */
static int measure_key(struct hive *hive, hive_node_h node, unsigned int depth, struct tree *tree,
		       struct error *err)
{
	CLEANUP_FREE hive_node_h *children = hivex_node_children(hive_handle(hive), node);
	CLEANUP_FREE char *name = hivex_node_name(hive_handle(hive), node);
	int r;

	if (!children || !name)
		return unreadable(hive, err);
	if (depth > MAX_DEPTH || ++tree->keys > MAX_KEYS)
		return too_large(hive, err);
	r = measure_values(hive, node, tree, err);
	for (const hive_node_h *child = children; *child && r == 0; child++)
		r = measure_key(hive, *child, depth + 1, tree, err);
	return r;
}

static int copy_values(struct hive *hive, hive_node_h from, hive_node_h to, struct error *err)
{
	CLEANUP_HIVE_VALUES struct hive_values values = {.list = NULL};
	int r = hive_get_values(hive, from, &values, err);

	return r < 0 || values.count == 0 ? r : hive_set_values(hive, to, &values, err);
}

int hive_copy_one(struct hive *hive, hive_node_h from, hive_node_h parent, const char *name,
		  hive_node_h *ret, struct error *err)
{
	hive_node_h to = hivex_node_add_child(hive_handle(hive), parent, name);
	int r;

	if (to == 0)
		return error_library(err, "'%s': cannot make key '%s'", hive_name(hive), name);
	*ret = to;
	r = hive_pairs_add(hive_copied(hive), from, to, hive_name(hive), err);
	return r < 0 ? r : copy_values(hive, from, to, err);
}

static int copy_tree(struct hive *hive, hive_node_h from, hive_node_h parent, const char *name,
		     struct error *err)
{
	CLEANUP_FREE hive_node_h *children = hivex_node_children(hive_handle(hive), from);
	hive_node_h to;
	int r;

	if (!children)
		return unreadable(hive, err);
	r = hive_copy_one(hive, from, parent, name, &to, err);
	for (const hive_node_h *child = children; *child && r == 0; child++) {
		CLEANUP_FREE char *child_name = hivex_node_name(hive_handle(hive), *child);

		r = child_name ? copy_tree(hive, *child, to, child_name, err)
			       : unreadable(hive, err);
	}
	return r;
}

int hive_copy_check(struct hive *hive, hive_node_h from, struct error *err)
{
	struct tree tree = {0, 0};

	return measure_key(hive, from, 0, &tree, err);
}

int hive_copy(struct hive *hive, hive_node_h from, hive_node_h parent, const char *name,
	      struct error *err)
{
	int r = hive_copy_check(hive, from, err);

	return r < 0 ? r : copy_tree(hive, from, parent, name, err);
}
