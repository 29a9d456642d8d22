/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The second store on an ESP, which the boot manager falls back to when it cannot use the first
 * one: see bcd.h. bcdboot leaves it with the boot manager alone, reagentc adds the recovery
 * environment and makes it the default.
 */
#include <errno.h>

#include "bcd/conversion.h"
#include "bcd/device.h"
#include "bcd/rebuild.h"
#include "common/checked.h"

#define TIMEOUT 30

static int copy_boot_manager(const struct bcd_store *from, struct bcd_store *to,
			     struct bcd_object **ret, struct error *err)
{
	static const uint32_t kept[] = {BCD_DEVICE, BCD_PATH, BCD_DESCRIPTION, BCD_LOCALE,
					BCD_INHERIT};
	const struct bcd_object *bootmgr = bcd_store_find(from, &bcd_bootmgr);
	int r;

	if (!bootmgr)
		return error_damaged(err, "'%s': the boot store has no boot manager object",
				     hive_name(from->hive));
	r = bcd_store_add(to, &bcd_bootmgr, BCD_OBJECT_BOOTMGR, ret, err);
	for (size_t i = 0; i < ARRAY_SIZE(kept) && r == 0; i++) {
		const struct bcd_element *element = bcd_object_find(bootmgr, kept[i]);

		if (element && element->data)
			r = bcd_object_set(to, *ret, kept[i], element->data, element->size, err);
	}
	return r < 0 ? r : bcd_object_set_integer(to, *ret, BCD_MGR_TIMEOUT, TIMEOUT, err);
}

static const struct bcd_object *find_default(const struct bcd_store *store)
{
	const struct bcd_object *bootmgr = bcd_store_find(store, &bcd_bootmgr);
	struct guid id;

	return bootmgr && bcd_object_guid(bootmgr, BCD_MGR_DEFAULT, &id)
		       ? bcd_store_find(store, &id)
		       : NULL;
}

/* The recovery environment that the default entry falls back to; NULL when it has none. */
static const struct bcd_object *find_recovery(const struct bcd_store *store)
{
	const struct bcd_object *object = find_default(store);
	struct guid id;

	if (!object || !bcd_object_guid(object, BCD_RECOVERYSEQUENCE, &id))
		return NULL;
	object = bcd_store_find(store, &id);
	return object && object->type == BCD_OBJECT_OSLOADER ? object : NULL;
}

/* The GPT partition on which the device of a loader lies, at whatever depth; zero: none. */
static struct guid place_of(const struct bcd_object *loader)
{
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
	const struct bcd_element *element = bcd_object_find(loader, BCD_DEVICE);
	const struct bcd_device *part = &device;
	const struct guid none = {{0}};

	if (!element || !element->data ||
	    bcd_device_decode(element->data, element->size, &device, NULL) < 0)
		return none;
	while (part->parent)
		part = part->parent;
	return part->kind == BCD_DEVICE_GPT ? part->id.partition : none;
}

int bcd_fallback(const struct file_bytes *file, const struct guid *named, struct bcd_fallback *ret,
		 struct error *err)
{
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	const struct bcd_object *recovery, *loader;
	int r = bcd_store_open(file, NULL, &store, err);

	if (r < 0)
		return r;
	recovery = find_recovery(store);
	loader = bcd_store_find(store, named);
	*ret = (struct bcd_fallback){
		.has_entry = recovery,
		.is_on = recovery && bcd_object_bool(find_default(store), BCD_RECOVERYENABLED),
		.has_named = loader && loader->type == BCD_OBJECT_OSLOADER,
	};
	if (recovery)
		ret->entry = recovery->id;
	if (ret->has_named)
		ret->place = place_of(loader);
	return 0;
}

/* The options of the RAM disk that the environment starts from. */
static int copy_options(const struct bcd_store *from, const struct bcd_object *recovery,
			struct bcd_store *to, struct error *err)
{
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
	const struct bcd_element *element = bcd_object_find(recovery, BCD_DEVICE);
	const struct bcd_object *options;

	if (!element || !element->data ||
	    bcd_device_decode(element->data, element->size, &device, NULL) < 0)
		return 0;
	options = bcd_store_find(from, &device.options);
	return options ? bcd_copy_object(options, to, &options->id, NULL, err) : 0;
}

static int copy_recovery(const struct bcd_store *from, struct bcd_store *to,
			 struct bcd_object *bootmgr, struct error *err)
{
	const struct bcd_object *recovery = find_recovery(from);
	int r;

	if (!recovery)
		return 0;
	r = bcd_copy_object(recovery, to, &recovery->id, NULL, err);
	if (r == 0)
		r = copy_options(from, recovery, to, err);
	if (r == 0)
		r = bcd_object_set_guids(to, bootmgr, BCD_MGR_DEFAULT, &recovery->id, 1, err);
	return r < 0 ? r
		     : bcd_object_set_guids(to, bootmgr, BCD_MGR_DISPLAYORDER, &recovery->id, 1,
					    err);
}

/* What was left out may have been referred to. */
static int drop_dangling(struct bcd_store *store, struct error *err)
{
	CLEANUP_BCD_NOTES struct bcd_notes ignored = BCD_NOTES_INIT;
	struct conversion conversion = {.store = store, .notes = &ignored, .err = err};

	return bcd_drop_dangling(&conversion);
}

int bcd_recovery_store(const struct file_bytes *uefi_store, uint8_t **ret_store, size_t *ret_size,
		       struct error *err)
{
	CLEANUP_BCD_STORE struct bcd_store *from = NULL, *to = NULL;
	struct bcd_object *bootmgr = NULL;
	int r = bcd_store_open(uefi_store, NULL, &from, err);

	if (r == 0)
		r = bcd_store_new(uefi_store->name, &to, err);
	if (r == 0)
		r = bcd_copy_settings(from, to, err);
	if (r == 0)
		r = copy_boot_manager(from, to, &bootmgr, err);
	if (r == 0)
		r = copy_recovery(from, to, bootmgr, err);
	if (r == 0)
		r = drop_dangling(to, err);
	if (r == 0)
		r = bcd_store_describe(to, true, err);
	return r < 0 ? r : bcd_store_commit(to, ret_store, ret_size, err);
}
