/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What differs between two boot stores: see diff.h. Elements are the same when registry type and
 * bytes are. */
#include "bcd/diff.h"

#include <string.h>

struct comparison {
	bcd_difference_seen *seen;
	void *context;
};

static int report(const struct comparison *comparison, enum bcd_difference_kind kind,
		  const struct bcd_object *object, const struct bcd_element *before,
		  const struct bcd_element *after)
{
	struct bcd_difference difference = {.kind = kind,
					    .object = object,
					    .before = before,
					    .after = after};

	return comparison->seen(comparison->context, &difference);
}

static bool is_same(const struct bcd_element *a, const struct bcd_element *b)
{
	if (!a->data || !b->data)
		return a->data == b->data;
	return a->registry_type == b->registry_type && a->size == b->size &&
	       memcmp(a->data, b->data, a->size) == 0;
}

static int compare_object(const struct comparison *comparison, const struct bcd_object *a,
			  const struct bcd_object *b)
{
	int r = 0;

	for (size_t i = 0; i < a->element_count && r == 0; i++) {
		const struct bcd_element *before = &a->elements[i];
		const struct bcd_element *after = bcd_object_find(b, before->code);

		if (!after)
			r = report(comparison, BCD_REMOVED, b, before, NULL);
		else if (!is_same(before, after))
			r = report(comparison, BCD_CHANGED, b, before, after);
	}
	for (size_t i = 0; i < b->element_count && r == 0; i++)
		if (!bcd_object_find(a, b->elements[i].code))
			r = report(comparison, BCD_ADDED, b, NULL, &b->elements[i]);
	return r;
}

int bcd_diff(const struct bcd_store *a, const struct bcd_store *b, bcd_difference_seen *seen,
	     void *context)
{
	struct comparison comparison = {.seen = seen, .context = context};
	int r = 0;

	for (size_t i = 0; i < a->object_count && r == 0; i++) {
		const struct bcd_object *other = bcd_store_find(b, &a->objects[i]->id);

		if (other)
			r = compare_object(&comparison, a->objects[i], other);
		else
			r = report(&comparison, BCD_REMOVED, a->objects[i], NULL, NULL);
	}
	for (size_t i = 0; i < b->object_count && r == 0; i++)
		if (!bcd_store_find(a, &b->objects[i]->id))
			r = report(&comparison, BCD_ADDED, b->objects[i], NULL, NULL);
	return r;
}
