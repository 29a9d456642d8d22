/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of the conversion that concern devices: the default entry, and MBR form to GPT form. See
 * conversion.h. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bcd/conversion.h"
#include "bcd/device.h"
#include "bcd/names.h"
#include "bcd/value.h"

/* How surely an entry starts the Windows on the partition that is converted. */
enum match { MATCH_NONE, MATCH_PERHAPS, MATCH_SURE };

static enum match match_device(const struct bcd_target *target, const struct bcd_device *device)
{
	struct bcd_partition_id windows;

	switch (device->kind) {
	case BCD_DEVICE_MBR:
		return device->id.mbr_signature == target->disk.mbr_signature &&
				       device->id.mbr_offset == target->windows_offset
			       ? MATCH_SURE
			       : MATCH_NONE;
	case BCD_DEVICE_GPT:
		return bcd_target_partition(target, target->windows_offset, &windows) &&
				       guid_equal(&windows.partition, &device->id.partition)
			       ? MATCH_SURE
			       : MATCH_NONE;
	case BCD_DEVICE_BOOT:
		return target->windows_offset == target->system_offset ? MATCH_SURE : MATCH_PERHAPS;
	case BCD_DEVICE_LOCATE_ELEMENT:
	case BCD_DEVICE_LOCATE_PATH:
		/* A parent is a virtual disk to search, which holds another Windows. */
		return device->parent ? MATCH_NONE : MATCH_PERHAPS;
	default:
		return MATCH_NONE;
	}
}

static enum match match_entry(const struct conversion *conversion, const struct guid *id)
{
	const struct bcd_object *object = bcd_store_find(conversion->store, id);
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
	const struct bcd_element *element;

	if (!object || object->type != BCD_OBJECT_OSLOADER || bcd_object_bool(object, BCD_OS_WINPE))
		return MATCH_NONE;
	element = bcd_object_find(object, BCD_OS_DEVICE);
	if (!element)
		element = bcd_object_find(object, BCD_DEVICE);
	if (!element || bcd_device_decode(element->data, element->size, &device, NULL) < 0)
		return MATCH_NONE;
	return match_device(conversion->target, &device);
}

/* The first entry that matches as surely as 'wanted': the default, the menu in its order, then any
 * other. */
static bool find_entry(const struct conversion *conversion, enum match wanted, struct guid *ret)
{
	const struct bcd_element *order =
		bcd_object_find(conversion->bootmgr, BCD_MGR_DISPLAYORDER);
	CLEANUP_FREE struct guid *ids = NULL;
	size_t count = 0;

	if (bcd_object_guid(conversion->bootmgr, BCD_MGR_DEFAULT, ret) &&
	    match_entry(conversion, ret) == wanted)
		return true;
	if (order)
		(void)bcd_element_guids(order, &ids, &count);
	for (size_t i = 0; i < count; i++) {
		*ret = ids[i];
		if (match_entry(conversion, ret) == wanted)
			return true;
	}
	for (size_t i = 0; i < conversion->store->object_count; i++) {
		*ret = conversion->store->objects[i]->id;
		if (match_entry(conversion, ret) == wanted)
			return true;
	}
	return false;
}

/* Make 'id' the default; the resume object of the boot manager follows. */
static int set_default(struct conversion *conversion, const struct guid *id)
{
	const struct bcd_object *entry = bcd_store_find(conversion->store, id);
	char title[BCD_TITLE_SIZE];
	struct guid resume;
	int r;

	WARNING(conversion,
		"the default entry of the boot menu is now %s: the one before does not start the Windows that is converted",
		bcd_object_title(entry, title));
	r = bcd_object_set_guids(conversion->store, conversion->bootmgr, BCD_MGR_DEFAULT, id, 1,
				 conversion->err);
	if (r == 0 && bcd_object_guid(entry, BCD_OS_RESUMEOBJECT, &resume))
		r = bcd_object_set_guids(conversion->store, conversion->bootmgr,
					 BCD_MGR_RESUMEOBJECT, &resume, 1, conversion->err);
	return r;
}

int bcd_choose_default(struct conversion *conversion)
{
	struct guid chosen, old;

	if (!find_entry(conversion, MATCH_SURE, &chosen) &&
	    !find_entry(conversion, MATCH_PERHAPS, &chosen))
		return error_damaged(
			conversion->err,
			"'%s': no entry of the boot store starts the Windows at byte %" PRIu64
			" of the disk with signature %08" PRIx32,
			hive_name(conversion->store->hive), conversion->target->windows_offset,
			conversion->target->disk.mbr_signature);
	if (bcd_object_guid(conversion->bootmgr, BCD_MGR_DEFAULT, &old) &&
	    guid_equal(&old, &chosen))
		return 0;
	return set_default(conversion, &chosen);
}

/* One element while it is rewritten. */
struct rewriting {
	const struct conversion *conversion;
	const struct bcd_object *object;
	uint32_t code;
};

static void warn_foreign(const struct rewriting *rewriting, const char *where)
{
	char title[BCD_TITLE_SIZE], name[BCD_NAME_SIZE];

	WARNING(rewriting->conversion,
		"%s of %s names %s, which is not converted; it stays as it is",
		bcd_element_label(rewriting->object->type, rewriting->code, name),
		bcd_object_title(rewriting->object, title), where);
}

static bool map_mbr(const struct rewriting *rewriting, struct bcd_partition_id *id)
{
	const struct bcd_target *target = rewriting->conversion->target;
	char where[96];

	if (id->mbr_signature == target->disk.mbr_signature) {
		if (bcd_target_partition(target, id->mbr_offset, id))
			return true;
		/* The old system partition may have become the ESP itself. */
		if (id->mbr_offset == target->system_offset) {
			*id = (struct bcd_partition_id){.partition = target->esp,
							.disk = target->disk.gpt_disk};
			return true;
		}
	}
	snprintf(where, sizeof(where), "byte %" PRIu64 " of the disk with signature %08" PRIx32,
		 id->mbr_offset, id->mbr_signature);
	warn_foreign(rewriting, where);
	return false;
}

/* "boot" was the old system partition, which the new boot manager does not come from any more. */
static bool map_boot(const struct rewriting *rewriting, unsigned int depth,
		     struct bcd_partition_id *id)
{
	const struct bcd_target *target = rewriting->conversion->target;
	uint32_t application = BCD_OBJECT_APPLICATION(rewriting->object->type);
	bool is_windows =
		depth == 0 && (application == BCD_OBJECT_APPLICATION(BCD_OBJECT_OSLOADER) ||
			       application == BCD_OBJECT_APPLICATION(BCD_OBJECT_RESUME));

	return bcd_target_partition(target,
				    is_windows ? target->windows_offset : target->system_offset,
				    id);
}

static bool map_gpt(const struct rewriting *rewriting, const struct bcd_partition_id *id)
{
	const struct bcd_target *target = rewriting->conversion->target;
	char disk[GUID_TEXT_SIZE], where[96];

	if (guid_equal(&id->disk, &target->disk.gpt_disk))
		return false;
	snprintf(where, sizeof(where), "a partition of the disk {%s}",
		 guid_format(&id->disk, disk));
	warn_foreign(rewriting, where);
	return false;
}

static bool map_device(void *context, enum bcd_device_kind kind, unsigned int depth,
		       struct bcd_partition_id *id)
{
	const struct rewriting *rewriting = context;

	switch (kind) {
	case BCD_DEVICE_MBR:
		return map_mbr(rewriting, id);
	case BCD_DEVICE_BOOT:
		return map_boot(rewriting, depth, id);
	default:
		return map_gpt(rewriting, id);
	}
}

static int convert_element(struct conversion *conversion, struct bcd_object *object, uint32_t code)
{
	const struct bcd_element *element = bcd_object_find(object, code);
	struct rewriting rewriting = {.conversion = conversion, .object = object, .code = code};
	size_t size = element->size, changed = 0;
	CLEANUP_FREE uint8_t *copy = malloc(size + 1);
	int r;

	if (!copy)
		return error_failed(conversion->err, ENOMEM, "'%s': out of memory",
				    hive_name(conversion->store->hive));
	memcpy(copy, element->data, size);
	r = bcd_device_rewrite(copy, size, map_device, &rewriting, &changed, conversion->err);
	if (r < 0 || changed == 0)
		return r;
	return bcd_object_set(conversion->store, object, code, copy, size, conversion->err);
}

/* The boot manager and the memory tester are on the ESP, whatever the old store says. */
static bool lives_on_esp(const struct bcd_object *object, uint32_t code)
{
	if (object->type == BCD_OBJECT_BOOTMGR)
		return code == BCD_DEVICE || code == BCD_MGR_BCDDEVICE;
	return guid_equal(&object->id, &bcd_memdiag) && code == BCD_DEVICE;
}

static int set_esp(struct conversion *conversion, struct bcd_object *object, uint32_t code)
{
	const struct bcd_target *target = conversion->target;
	struct bcd_device esp = {.kind = BCD_DEVICE_GPT,
				 .id = {.partition = target->esp, .disk = target->disk.gpt_disk}};
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size = 0;
	int r = bcd_device_encode(&esp, &bytes, &size, conversion->err);

	return r < 0 ? r
		     : bcd_object_set(conversion->store, object, code, bytes, size,
				      conversion->err);
}

static int convert_object(struct conversion *conversion, struct bcd_object *object)
{
	int r = 0;

	for (size_t i = 0; i < object->element_count && r == 0; i++) {
		uint32_t code = object->elements[i].code;

		if (BCD_ELEMENT_FORMAT(code) != BCD_FORMAT_DEVICE)
			continue;
		if (lives_on_esp(object, code))
			r = set_esp(conversion, object, code);
		else
			r = convert_element(conversion, object, code);
	}
	return r;
}

int bcd_convert_devices(struct conversion *conversion)
{
	int r = 0;

	for (size_t i = 0; i < conversion->store->object_count && r == 0; i++)
		r = convert_object(conversion, conversion->store->objects[i]);
	if (r == 0)
		r = set_esp(conversion, conversion->bootmgr, BCD_DEVICE);
	return r;
}
