/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of the conversion that take things out of the store: see conversion.h. */
#include <stdio.h>
#include <string.h>

#include "bcd/check.h"
#include "bcd/conversion.h"
#include "bcd/decision.h"
#include "bcd/names.h"
#include "bcd/value.h"

/* Image kinds of applications that run in real mode or are started by ntldr (bits 20-23 of the
 * type). */
#define IMAGE(type)	 (((type) >> 20) & 0xf)
#define IMAGE_LEGACY	 3
#define IMAGE_REAL_MODE	 4
#define KIND_APPLICATION 1

static const char *reason_to_drop(const struct bcd_object *object)
{
	if (guid_equal(&object->id, &bcd_ntldr))
		return "only a BIOS can start it";
	if (BCD_OBJECT_KIND(object->type) != KIND_APPLICATION)
		return NULL;
	if (IMAGE(object->type) == IMAGE_LEGACY || IMAGE(object->type) == IMAGE_REAL_MODE)
		return "only a BIOS can start it";
	if (object->type == BCD_OBJECT_FWBOOTMGR || object->type == BCD_OBJECT_FIRMWARE)
		return "an entry of another machine's firmware";
	return NULL;
}

int bcd_drop_bios_objects(struct conversion *conversion)
{
	struct bcd_store *store = conversion->store;

	for (size_t i = store->object_count; i-- > 0;) {
		struct bcd_object *object = store->objects[i];
		const char *reason = reason_to_drop(object);
		char title[BCD_TITLE_SIZE];
		int r;

		if (!reason || object == conversion->bootmgr)
			continue;
		DROPPED(conversion, "entry %s: %s", bcd_object_title(object, title), reason);
		r = bcd_store_remove(store, object, conversion->err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Remove one element, if it is there, and say why. */
static int drop(struct conversion *conversion, struct bcd_object *object, uint32_t code,
		const char *reason)
{
	char title[BCD_TITLE_SIZE], name[BCD_NAME_SIZE];

	if (!bcd_object_find(object, code))
		return 0;
	DROPPED(conversion, "%s of %s: %s", bcd_element_label(object->type, code, name),
		bcd_object_title(object, title), reason);
	return bcd_object_unset(conversion->store, object, code, conversion->err);
}

/* What belongs to one start of the old machine, or speaks of what a UEFI machine does not have. */
static int drop_unwanted_in(struct conversion *conversion, struct bcd_object *object)
{
	int r = 0;

	for (size_t i = object->element_count; i-- > 0 && r == 0;) {
		uint32_t code = object->elements[i].code;
		const struct bcd_decision *decision = bcd_decide(object->type, code);

		if (decision && decision->fate == BCD_DROPPED)
			r = drop(conversion, object, code, decision->reason);
	}
	return r;
}

int bcd_drop_unwanted(struct conversion *conversion)
{
	struct bcd_store *store = conversion->store;
	int r = 0;

	for (size_t i = 0; i < store->object_count && r == 0; i++)
		r = drop_unwanted_in(conversion, store->objects[i]);
	return r;
}

/* Write identifiers again in the form the format demands, when they can be read at all. */
static int rewrite_guids(struct conversion *conversion, struct bcd_object *object,
			 const struct bcd_element *element, bool *ret_done)
{
	CLEANUP_FREE struct guid *ids = NULL;
	uint32_t code = element->code;
	size_t count = 0;

	*ret_done = bcd_element_guids(element, &ids, &count) == 0 && count > 0;
	if (!*ret_done)
		return 0;
	return bcd_object_set_guids(conversion->store, object, code, ids, count, conversion->err);
}

static int repair_element(struct conversion *conversion, struct bcd_object *object, uint32_t code)
{
	const struct bcd_element *element = bcd_object_find(object, code);
	uint32_t format = BCD_ELEMENT_FORMAT(code);
	char fault[BCD_FAULT_SIZE], reason[BCD_FAULT_SIZE + 32];
	bool done = false;
	int r = 0;

	if (!bcd_element_is_faulty(element, fault))
		return 0;
	if (element->data && (format == BCD_FORMAT_OBJECT || format == BCD_FORMAT_OBJECT_LIST))
		r = rewrite_guids(conversion, object, element, &done);
	if (r < 0 || done)
		return r;
	snprintf(reason, sizeof(reason), "the boot manager refuses it: %s", fault);
	return drop(conversion, object, code, reason);
}

int bcd_repair_elements(struct conversion *conversion)
{
	struct bcd_store *store = conversion->store;
	int r = 0;

	for (size_t i = 0; i < store->object_count; i++)
		for (size_t j = store->objects[i]->element_count; j-- > 0 && r == 0;)
			r = repair_element(conversion, store->objects[i],
					   store->objects[i]->elements[j].code);
	return r;
}

static int drop_dangling_in(struct conversion *conversion, struct bcd_object *object, uint32_t code)
{
	CLEANUP_FREE struct guid *ids = NULL;
	char title[BCD_TITLE_SIZE], name[BCD_NAME_SIZE], text[BCD_ID_SIZE];
	size_t count = 0, kept = 0;

	if (bcd_element_guids(bcd_object_find(object, code), &ids, &count) < 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (bcd_store_find(conversion->store, &ids[i]))
			ids[kept++] = ids[i];
		else
			DROPPED(conversion, "%s in %s of %s: there is no such object",
				bcd_id_text(&ids[i], text),
				bcd_element_label(object->type, code, name),
				bcd_object_title(object, title));
	}
	if (kept == count)
		return 0;
	if (kept == 0 && code == BCD_RECOVERYSEQUENCE && object->type == BCD_OBJECT_OSLOADER)
		WARNING(conversion,
			"%s falls back to a recovery environment that is not in the store; run "
			"'reagentc /disable' and then 'reagentc /enable' in the guest",
			bcd_object_title(object, title));
	return bcd_object_set_guids(conversion->store, object, code, ids, kept, conversion->err);
}

int bcd_drop_dangling(struct conversion *conversion)
{
	struct bcd_store *store = conversion->store;
	int r = 0;

	for (size_t i = 0; i < store->object_count; i++) {
		struct bcd_object *object = store->objects[i];

		for (size_t j = object->element_count; j-- > 0 && r == 0;) {
			uint32_t code = object->elements[j].code, format = BCD_ELEMENT_FORMAT(code);

			if (format == BCD_FORMAT_OBJECT || format == BCD_FORMAT_OBJECT_LIST)
				r = drop_dangling_in(conversion, object, code);
		}
	}
	return r;
}
