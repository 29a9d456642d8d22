/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A store as text, in the form and the order of 'bcdedit /enum all'. */
#include <inttypes.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bcd/bcd.h"
#include "bcd/device.h"
#include "bcd/names.h"
#include "bcd/store.h"
#include "bcd/value.h"
#include "common/checked.h"
#include "common/safe_text.h"

#define NAME_WIDTH 24

/* The place of an object's kind in the listing. */
static size_t rank(const struct bcd_object *object)
{
	static const uint32_t order[] = {
		BCD_OBJECT_FWBOOTMGR, BCD_OBJECT_BOOTMGR,    BCD_OBJECT_FIRMWARE,
		BCD_OBJECT_OSLOADER,  BCD_OBJECT_RESUME,     BCD_OBJECT_MEMDIAG,
		BCD_OBJECT_NTLDR,     BCD_OBJECT_BOOTSECTOR, BCD_OBJECT_STARTUP,
	};

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if (order[i] == object->type)
			return i;
	return ARRAY_SIZE(order) +
	       (BCD_OBJECT_KIND(object->type) > 1 ? BCD_OBJECT_KIND(object->type) : 0);
}

static int compare_objects(const void *a, const void *b)
{
	const struct bcd_object *x = *(struct bcd_object *const *)a,
				*y = *(struct bcd_object *const *)b;
	char x_id[GUID_TEXT_SIZE], y_id[GUID_TEXT_SIZE];

	if (rank(x) != rank(y))
		return rank(x) < rank(y) ? -1 : 1;
	return strcmp(guid_format(&x->id, x_id), guid_format(&y->id, y_id));
}

void bcd_sort_for_listing(struct bcd_store *store)
{
	qsort(store->objects, store->object_count, sizeof(struct bcd_object *), compare_objects);
}

static void print_heading(FILE *out, const struct bcd_object *object)
{
	char buffer[BCD_HEADING_SIZE], id[BCD_ID_SIZE];
	const char *heading = bcd_object_heading(&object->id, object->type, buffer);

	safe_printf(out, "\n%s\n", heading);
	for (size_t i = 0; i < strlen(heading); i++)
		safe_printf(out, "-");
	safe_printf(out, "\n%-*s%s\n", NAME_WIDTH, "identifier", bcd_id_text(&object->id, id));
}

static int print_element(FILE *out, const struct bcd_object *object,
			 const struct bcd_element *element, struct error *err)
{
	CLEANUP_BCD_TEXTS struct bcd_texts texts = BCD_TEXTS_INIT;
	char buffer[BCD_NAME_SIZE];
	const char *label = bcd_element_label(object->type, element->code, buffer);
	int r = bcd_element_texts(object->type, element, &texts, err);

	for (size_t i = 0; i < texts.count && r == 0; i++)
		safe_printf(out, "%-*s%s\n", NAME_WIDTH, i == 0 ? label : "", texts.list[i]);
	return r;
}

static int print_store(FILE *out, const struct bcd_store *store, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < store->object_count; i++) {
		const struct bcd_object *object = store->objects[i];

		print_heading(out, object);
		for (size_t j = 0; j < object->element_count && r == 0; j++)
			r = print_element(out, object, &object->elements[j], err);
	}
	return r;
}

int bcd_list(const struct file_bytes *file, char **ret_text, struct error *err)
{
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	CLEANUP_FREE char *text = NULL;
	size_t length = 0;
	FILE *out;
	int r = bcd_store_open(file, NULL, &store, err);

	if (r < 0)
		return r;
	out = open_memstream(&text, &length);
	if (!out)
		return error_errno(err, "'%s'", file->name);
	bcd_sort_for_listing(store);
	r = print_store(out, store, err);
	if (fclose(out) != 0 && r == 0)
		r = error_errno(err, "'%s'", file->name);
	if (r < 0)
		return r;
	*ret_text = TAKE(text);
	return 0;
}
