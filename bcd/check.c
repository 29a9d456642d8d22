/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checking a store by the rules of the boot library, which is strict where the tools of Windows are
 * not: an element of the wrong registry type or length makes its whole object unreadable, a
 * dangling reference fails when it is followed.
 */
#include "bcd/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bcd/device.h"
#include "bcd/names.h"
#include "bcd/value.h"

#define TEMPLATE_DEVICETYPE UINT32_C(0x45000001)

#define FINDING(notes, ...) note_add(&(notes)->warnings, __VA_ARGS__)

static bool fault_of_guids(const struct bcd_element *element, char fault[BCD_FAULT_SIZE])
{
	CLEANUP_FREE struct guid *ids = NULL;
	size_t count = 0;

	if (bcd_element_guids(element, &ids, &count) != -EUCLEAN)
		return false;
	snprintf(fault, BCD_FAULT_SIZE, "holds no identifier in braces");
	return true;
}

static bool fault_of_device(const struct bcd_element *element, char fault[BCD_FAULT_SIZE])
{
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
	struct error err = ERROR_INIT;

	if (bcd_device_decode(element->data, element->size, &device, &err) == 0 ||
	    err.kind != ERROR_DAMAGED)
		return false;
	snprintf(fault, BCD_FAULT_SIZE, "is damaged: %.150s", err.message);
	return true;
}

static bool size_fits(const struct bcd_element *element)
{
	switch (BCD_ELEMENT_FORMAT(element->code)) {
	case BCD_FORMAT_STRING:
		return element->size > 0 && element->size % 2 == 0;
	case BCD_FORMAT_INTEGER:
		return element->size >= 1 && element->size <= 8;
	case BCD_FORMAT_BOOLEAN:
		return element->size == 1;
	case BCD_FORMAT_INTEGER_LIST:
		return element->size > 0 && element->size % 8 == 0;
	default:
		return true;
	}
}

bool bcd_element_is_faulty(const struct bcd_element *element, char fault[BCD_FAULT_SIZE])
{
	uint32_t demanded = bcd_registry_type(element->code);

	if (!element->data) {
		snprintf(fault, BCD_FAULT_SIZE, "has no value");
		return true;
	}
	if (demanded == hive_t_none)
		return false;
	if (element->registry_type != demanded) {
		snprintf(fault, BCD_FAULT_SIZE, "has registry type %" PRIu32 ", expected %" PRIu32,
			 element->registry_type, demanded);
		return true;
	}
	if (!size_fits(element)) {
		snprintf(fault, BCD_FAULT_SIZE, "has %zu bytes, which its format does not allow",
			 element->size);
		return true;
	}
	switch (BCD_ELEMENT_FORMAT(element->code)) {
	case BCD_FORMAT_DEVICE:
		return fault_of_device(element, fault);
	case BCD_FORMAT_OBJECT:
	case BCD_FORMAT_OBJECT_LIST:
		return fault_of_guids(element, fault);
	default:
		return false;
	}
}

/* What the checks of one object share. */
struct checker {
	const struct bcd_store *store;
	const struct bcd_object *object;
	struct bcd_notes *notes;
	char title[BCD_TITLE_SIZE];
	bool is_uefi;
};

static const char *label(const struct checker *checker, uint32_t code, char buffer[BCD_NAME_SIZE])
{
	return bcd_element_label(checker->object->type, code, buffer);
}

static void check_references(const struct checker *checker, const struct bcd_element *element)
{
	CLEANUP_FREE struct guid *ids = NULL;
	size_t count = 0;
	char name[BCD_NAME_SIZE], id[BCD_ID_SIZE];

	if (bcd_element_guids(element, &ids, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (!bcd_store_find(checker->store, &ids[i]))
			FINDING(checker->notes, "%s: %s names %s, which is not in the store",
				checker->title, label(checker, element->code, name),
				bcd_id_text(&ids[i], id));
}

static void check_options(const struct checker *checker, const struct bcd_element *element)
{
	struct guid id;
	char name[BCD_NAME_SIZE], text[BCD_ID_SIZE];

	memcpy(id.bytes, element->data, sizeof(id.bytes));
	if (!guid_is_zero(&id) && !bcd_store_find(checker->store, &id))
		FINDING(checker->notes, "%s: the options %s of %s are not in the store",
			checker->title, bcd_id_text(&id, text),
			label(checker, element->code, name));
}

static void check_element(const struct checker *checker, const struct bcd_element *element)
{
	char fault[BCD_FAULT_SIZE], name[BCD_NAME_SIZE];

	if (bcd_element_is_faulty(element, fault)) {
		FINDING(checker->notes, "%s: element %s %s", checker->title,
			label(checker, element->code, name), fault);
		return;
	}
	switch (BCD_ELEMENT_FORMAT(element->code)) {
	case BCD_FORMAT_DEVICE:
		check_options(checker, element);
		break;
	case BCD_FORMAT_OBJECT:
	case BCD_FORMAT_OBJECT_LIST:
		check_references(checker, element);
		break;
	default:
		break;
	}
}

static bool path_ends_with(const struct bcd_object *object, const char *end)
{
	CLEANUP_FREE char *path = bcd_object_string(object, BCD_PATH);

	return path && bcd_ends_with(path, end);
}

static void check_loader(const struct checker *checker)
{
	static const uint32_t needed[] = {BCD_DEVICE, BCD_PATH, BCD_OS_DEVICE, BCD_OS_SYSTEMROOT};
	char name[BCD_NAME_SIZE];

	if (bcd_object_find(checker->object, TEMPLATE_DEVICETYPE))
		return;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!bcd_object_find(checker->object, needed[i]))
			FINDING(checker->notes, "%s: no element %s", checker->title,
				label(checker, needed[i], name));
	if (checker->is_uefi && path_ends_with(checker->object, ".exe"))
		FINDING(checker->notes, "%s: path is a BIOS program in a UEFI store",
			checker->title);
}

static void check_object(struct checker *checker)
{
	const struct bcd_object *object = checker->object;

	bcd_object_title(object, checker->title);
	for (size_t i = 0; i < object->element_count; i++)
		check_element(checker, &object->elements[i]);
	if (object->type == BCD_OBJECT_OSLOADER)
		check_loader(checker);
}

static bool has_loader(const struct bcd_store *store)
{
	for (size_t i = 0; i < store->object_count; i++)
		if (store->objects[i]->type == BCD_OBJECT_OSLOADER)
			return true;
	return false;
}

static void check_boot_manager(const struct checker *checker, const struct bcd_object *bootmgr)
{
	if (!bootmgr)
		FINDING(checker->notes, "no boot manager object {bootmgr}");
	else if (has_loader(checker->store) && !bcd_object_find(bootmgr, BCD_MGR_DEFAULT) &&
		 !bcd_object_find(bootmgr, BCD_MGR_DISPLAYORDER))
		FINDING(checker->notes, "the boot manager has neither a default entry nor a menu");
}

void bcd_check_store(const struct bcd_store *store, struct bcd_notes *notes)
{
	const struct bcd_object *bootmgr = bcd_store_find(store, &bcd_bootmgr);
	struct checker checker = {.store = store, .notes = notes};

	checker.is_uefi = bootmgr && path_ends_with(bootmgr, ".efi");
	check_boot_manager(&checker, bootmgr);
	for (size_t i = 0; i < store->object_count; i++) {
		checker.object = store->objects[i];
		check_object(&checker);
	}
}

int bcd_check(const struct file_bytes *file, struct bcd_notes *notes, struct error *err)
{
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	int r = bcd_store_open(file, notes, &store, err);

	if (r < 0)
		return r;
	bcd_check_store(store, notes);
	return bcd_notes_check(notes, err);
}
