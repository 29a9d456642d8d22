/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the default entry of a store starts. */
#include <errno.h>
#include <stdlib.h>

#include "bcd/device.h"
#include "bcd/store.h"

void bcd_default_entry_done(struct bcd_default_entry *entry)
{
	free(entry->description);
	free(entry->path);
	entry->description = NULL;
	entry->path = NULL;
}

static int describe_entry(const struct bcd_object *object, const char *name,
			  struct bcd_default_entry *ret, struct error *err)
{
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
	const struct bcd_element *element = bcd_object_find(object, BCD_DEVICE);
	int r;

	if (!element || !element->data)
		return error_damaged(err, "'%s': the default entry has no device", name);
	r = bcd_device_decode(element->data, element->size, &device, err);
	if (r < 0)
		return r;
	*ret = (struct bcd_default_entry){
		.object = object->id,
		.description = bcd_object_string(object, BCD_DESCRIPTION),
		.path = bcd_object_string(object, BCD_PATH),
		.device_is_gpt = device.kind == BCD_DEVICE_GPT,
		.device_partition = device.id.partition,
		.device_disk = device.id.disk,
		.device_offset = device.id.mbr_offset,
		.device_signature = device.id.mbr_signature,
	};
	return 0;
}

int bcd_default_entry(const struct file_bytes *file, struct bcd_default_entry *ret,
		      struct error *err)
{
	CLEANUP_BCD_STORE struct bcd_store *store = NULL;
	const struct bcd_object *bootmgr, *entry;
	struct guid id;
	int r = bcd_store_open(file, NULL, &store, err);

	if (r < 0)
		return r;
	bootmgr = bcd_store_find(store, &bcd_bootmgr);
	if (!bootmgr)
		return error_damaged(err, "'%s': the boot store has no boot manager object",
				     file->name);
	if (!bcd_object_guid(bootmgr, BCD_MGR_DEFAULT, &id))
		return error_damaged(err, "'%s': the boot manager has no default entry",
				     file->name);
	entry = bcd_store_find(store, &id);
	if (!entry)
		return error_damaged(
			err, "'%s': the default entry of the boot manager is not in the store",
			file->name);
	return describe_entry(entry, file->name, ret, err);
}
