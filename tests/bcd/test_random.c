/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random stores: each converts, checks clean, and keeps everything that the conversion does not
 * name. The oracle is a list of what it does name; all else must have its old bytes.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/scratch.h"
#include "bcd/check.h"
#include "bcd/device.h"
#include "common/checked.h"
#include "stores.h"

TestSuite(bcd_random);

#define ROUNDS	    150
#define MAX_OBJECTS 12
#define FOREIGN	    UINT32_C(0x0badcafe)

static uint64_t state;

static uint64_t below(uint64_t limit)
{
	return random_below(&state, limit);
}

static struct guid random_id(void)
{
	struct guid guid;

	for (size_t i = 0; i < sizeof(guid.bytes); i++)
		guid.bytes[i] = (uint8_t)below(256);
	return guid;
}

/* A device of any kind, with a parent where it needs one; released with device_free(). */
static struct bcd_device *random_device(const struct bcd_store *store, unsigned int depth)
{
	static const enum bcd_device_kind kinds[] = {
		BCD_DEVICE_MBR,		  BCD_DEVICE_MBR,  BCD_DEVICE_MBR,
		BCD_DEVICE_GPT,		  BCD_DEVICE_BOOT, BCD_DEVICE_FILE,
		BCD_DEVICE_RAMDISK,	  BCD_DEVICE_VHD,  BCD_DEVICE_LOCATE_PATH,
		BCD_DEVICE_LOCATE_ELEMENT};
	struct bcd_device *device = calloc(1, sizeof(*device));

	device->kind = kinds[below(depth > 2 ? 5 : sizeof(kinds) / sizeof(kinds[0]))];
	if (depth == 0 && below(4) == 0)
		device->options = store->objects[below(store->object_count)]->id;
	device->id = (struct bcd_partition_id){
		.mbr_offset = below(2) ? MADE_SYSTEM : MADE_WINDOWS,
		.mbr_signature = below(4) ? MADE_SIGNATURE : FOREIGN,
	};
	if (device->kind == BCD_DEVICE_GPT)
		device->id.disk = random_id();
	if (device->kind >= BCD_DEVICE_VHD && device->kind != BCD_DEVICE_LOCATE_ELEMENT)
		device->path = strdup(below(2) ? "\\Windows" : "\\Recovery\\\xc3\xa4.wim");
	if (device->kind == BCD_DEVICE_VHD || device->kind == BCD_DEVICE_FILE ||
	    device->kind == BCD_DEVICE_RAMDISK)
		device->parent = random_device(store, depth + 1);
	return device;
}

static void device_free(struct bcd_device *device)
{
	bcd_device_done(device);
	free(device);
}

static void set_random_device(struct bcd_store *store, struct bcd_object *object, uint32_t code)
{
	struct bcd_device *device = random_device(store, 0);
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size;

	cr_assert_eq(bcd_device_encode(device, &bytes, &size, NULL), 0);
	cr_assert_eq(bcd_object_set(store, object, code, bytes, size, NULL), 0);
	device_free(device);
}

static void set_random_references(struct bcd_store *store, struct bcd_object *object, uint32_t code)
{
	struct guid ids[3];
	size_t count = BCD_ELEMENT_FORMAT(code) == BCD_FORMAT_OBJECT ? 1 : 1 + below(3);

	for (size_t i = 0; i < count; i++)
		ids[i] = below(5) ? store->objects[below(store->object_count)]->id : random_id();
	cr_assert_eq(bcd_object_set_guids(store, object, code, ids, count, NULL), 0);
}

/* An element with data of its format or, rarely, of another. */
static void set_random_element(struct bcd_store *store, struct bcd_object *object)
{
	static const uint32_t classes[] = {1, 2, 2, 5};
	uint32_t format = 1 + (uint32_t)below(8), code;
	uint8_t bytes[24];

	code = classes[below(4)] << 28 | format << 24 | (uint32_t)below(0x120);
	if (bcd_object_find(object, code))
		return;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)below(256);
	if (below(12) == 0) {
		cr_assert_eq(bcd_object_set(store, object, code, bytes, below(sizeof(bytes)), NULL),
			     0);
	} else if (format == BCD_FORMAT_DEVICE) {
		set_random_device(store, object, code);
	} else if (format == BCD_FORMAT_STRING) {
		set_string(store, object, code, below(2) ? "text" : "\xe8\xa8\xba\xe6\x96\xad");
	} else if (format == BCD_FORMAT_OBJECT || format == BCD_FORMAT_OBJECT_LIST) {
		set_random_references(store, object, code);
	} else {
		size_t size = format == BCD_FORMAT_BOOLEAN	  ? 1
			      : format == BCD_FORMAT_INTEGER	  ? 1 + below(8)
			      : format == BCD_FORMAT_INTEGER_LIST ? 8 * (1 + below(3))
								  : 1 + below(24);

		if (format == BCD_FORMAT_BOOLEAN)
			bytes[0] &= 1;
		cr_assert_eq(bcd_object_set(store, object, code, bytes, size, NULL), 0);
	}
}

static void add_random_object(struct bcd_store *store)
{
	static const uint32_t types[] = {BCD_OBJECT_OSLOADER,
					 BCD_OBJECT_OSLOADER,
					 BCD_OBJECT_RESUME,
					 BCD_OBJECT_MEMDIAG,
					 BCD_OBJECT_DEVICE,
					 BCD_OBJECT_NTLDR,
					 BCD_OBJECT_BOOTSECTOR,
					 BCD_OBJECT_FIRMWARE,
					 0x20100000,
					 0x20200003,
					 0x1020000a};
	struct guid guid = random_id();
	struct bcd_object *object = NULL;
	uint32_t type = types[below(sizeof(types) / sizeof(types[0]))];

	cr_assert_eq(bcd_store_add(store, &guid, type, &object, NULL), 0);
	if (type != BCD_OBJECT_OSLOADER)
		return;
	set_random_device(store, object, BCD_DEVICE);
	set_random_device(store, object, BCD_OS_DEVICE);
	set_string(store, object, BCD_PATH,
		   below(4) ? "\\windows\\system32\\WinLoad.EXE" : "\\grub.efi");
	set_string(store, object, BCD_OS_SYSTEMROOT, "\\WINDOWS");
}

static struct bcd_store *random_store(void)
{
	struct bcd_store *store = made_store();
	size_t objects = below(MAX_OBJECTS), elements = below(60);

	for (size_t i = 0; i < objects; i++)
		add_random_object(store);
	for (size_t i = 0; i < elements; i++) {
		struct bcd_object *object = store->objects[below(store->object_count)];

		/* Of what made_store() made, only what inherits, or the entry might not start any
		 * more. */
		if (BCD_OBJECT_KIND(object->type) != 1 || object->element_count < 6)
			set_random_element(store, object);
	}
	if (below(3) == 0)
		set_random_references(store,
				      object_of(store, "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"),
				      BCD_MGR_DISPLAYORDER);
	return store;
}

static bool is_dropped_object(uint32_t type)
{
	return type == BCD_OBJECT_NTLDR || type == BCD_OBJECT_BOOTSECTOR ||
	       type == BCD_OBJECT_FIRMWARE;
}

static bool is_among(const uint32_t *codes, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* Does the conversion name this element: may it change, go or come? */
static bool is_named(const struct bcd_object *object, uint32_t code)
{
	static const uint32_t anywhere[] = {BCD_PATH,	BCD_ISOLATEDCONTEXT, 0x16000046,
					    0x1500000c, 0x15000047,	     0x12000019};
	static const uint32_t loader[] = {BCD_OS_NOVESA, BCD_OS_NOVGA, BCD_OS_PAE, 0x26000040,
					  0x25000032,	 0x25000071,   0x25000072, 0x26000070,
					  0x260000a3,	 0x260000a4,   0x260000c3, 0x260000c4,
					  0x220000f9,	 0x2200012d};
	uint32_t application = BCD_OBJECT_APPLICATION(object->type);

	if (BCD_ELEMENT_FORMAT(code) == BCD_FORMAT_DEVICE ||
	    is_among(anywhere, ARRAY_SIZE(anywhere), code))
		return true;
	switch (application) {
	case 2:
		return code == BCD_MGR_RESUME || code == BCD_MGR_HIBERBOOT ||
		       code == BCD_MGR_BOOTSEQUENCE || code == BCD_MGR_PERSISTSEQUENCE ||
		       code == BCD_MGR_CUSTOMACTIONS || code == 0x26000028 ||
		       code == BCD_MGR_DEFAULT || code == BCD_MGR_RESUMEOBJECT ||
		       code == BCD_MGR_BCDFILEPATH;
	case 0:
	case 3:
		return is_among(loader, ARRAY_SIZE(loader), code);
	case 4:
		return code == BCD_RESUME_PAE;
	default:
		return false;
	}
}

static void assert_references_kept(const struct bcd_store *after, const struct bcd_element *x,
				   const struct bcd_element *y)
{
	CLEANUP_FREE struct guid *old = NULL, *new = NULL;
	size_t old_count = 0, new_count = 0, at = 0;

	cr_assert_eq(bcd_element_guids(x, &old, &old_count), 0);
	if (y)
		cr_assert_eq(bcd_element_guids(y, &new, &new_count), 0);
	for (size_t i = 0; i < old_count; i++) {
		if (!bcd_store_find(after, &old[i]))
			continue;
		cr_assert_lt(at, new_count);
		cr_assert(guid_equal(&old[i], &new[at++]));
	}
	cr_assert_eq(at, new_count);
}

static void assert_element_kept(const struct bcd_store *after, const struct bcd_object *before,
				const struct bcd_object *object, const struct bcd_element *element)
{
	const struct bcd_element *found = bcd_object_find(object, element->code);
	uint32_t format = BCD_ELEMENT_FORMAT(element->code);
	char fault[BCD_FAULT_SIZE];

	if (is_named(before, element->code))
		return;
	if (bcd_element_is_faulty(element, fault)) {
		cr_assert_null(found, "%08x %s", element->code, fault);
		return;
	}
	if (format == BCD_FORMAT_OBJECT || format == BCD_FORMAT_OBJECT_LIST) {
		assert_references_kept(after, element, found);
		return;
	}
	cr_assert_not_null(found, "%08x of an object of type %08x", element->code, before->type);
	cr_assert_eq(found->size, element->size);
	cr_assert_eq(memcmp(found->data, element->data, element->size), 0);
}

static void assert_kept(const struct bcd_store *before, const struct bcd_store *after)
{
	for (size_t i = 0; i < before->object_count; i++) {
		const struct bcd_object *old = before->objects[i];
		const struct bcd_object *new = bcd_store_find(after, &old->id);

		cr_assert_eq(new == NULL, is_dropped_object(old->type));
		for (size_t j = 0; new &&j < old->element_count; j++)
			assert_element_kept(after, old, new, &old->elements[j]);
		for (size_t j = 0; new &&j < new->element_count; j++)
			cr_assert(bcd_object_find(old, new->elements[j].code) ||
				  is_named(old, new->elements[j].code));
	}
	for (size_t i = 0; i < after->object_count; i++)
		cr_assert_not_null(bcd_store_find(before, &after->objects[i]->id));
}

/*
 * Options objects that a dropped entry took away are the one thing that stays wrong, and is said.
 */
static bool is_about_options(const char *finding)
{
	return strstr(finding, ": the options ") != NULL;
}

static void convert_one(void)
{
	CLEANUP_BCD_STORE struct bcd_store *before = random_store(), *after = NULL;
	CLEANUP_BYTES struct bytes from = commit_store(before), to = {.at = NULL},
				   again = {.at = NULL};
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT, findings = BCD_NOTES_INIT;
	const struct moved_partition partitions[] = {{.mbr_offset = MADE_SYSTEM, .gpt_guid = {{1}}},
						     {.mbr_offset = MADE_WINDOWS,
						      .gpt_guid = {{2}}}};
	const struct bcd_target target = {.disk.mbr_signature = MADE_SIGNATURE,
					  .disk.gpt_disk = {{3}},
					  .esp = {{4}},
					  .disk.partitions = partitions,
					  .disk.partition_count = 2,
					  .system_offset = MADE_SYSTEM,
					  .windows_offset = MADE_WINDOWS};
	struct error err = ERROR_INIT;

	cr_assert_eq(bcd_convert(&(struct file_bytes){from.at, from.size, "BCD"}, &target, &to.at,
				 &to.size, &notes, &err),
		     0, "%s", err.message);
	cr_assert_eq(bcd_convert(&(struct file_bytes){from.at, from.size, "BCD"}, &target,
				 &again.at, &again.size, &notes, &err),
		     0);
	cr_assert_eq(to.size, again.size);
	cr_assert_eq(memcmp(to.at, again.at, to.size), 0);
	cr_assert_eq(bcd_check(&(struct file_bytes){to.at, to.size, "BCD"}, &findings, &err), 0);
	for (size_t i = 0; i < findings.warnings.count; i++)
		cr_assert(is_about_options(findings.warnings.texts[i]), "%s",
			  findings.warnings.texts[i]);
	after = open_store(&to);
	assert_kept(before, after);
}

Test(bcd_random, random_stores_convert_and_keep_everything_else)
{
	state = random_seed("random boot stores");
	for (int i = 0; i < ROUNDS; i++)
		convert_one();
}

/* The recovery store of any converted store is one that checks clean. */
Test(bcd_random, recovery_stores_check_clean)
{
	state = random_seed("random recovery stores");
	for (int i = 0; i < ROUNDS; i++) {
		CLEANUP_BCD_STORE struct bcd_store *store = random_store();
		CLEANUP_BYTES struct bytes from = commit_store(store), to = {.at = NULL};
		CLEANUP_BCD_NOTES struct bcd_notes findings = BCD_NOTES_INIT;
		struct error err = ERROR_INIT;

		cr_assert_eq(bcd_recovery_store(&(struct file_bytes){from.at, from.size, "BCD"},
						&to.at, &to.size, &err),
			     0, "%s", err.message);
		cr_assert_eq(bcd_check(&(struct file_bytes){to.at, to.size, "BCD"}, &findings,
				       &err),
			     0);
		for (size_t j = 0; j < findings.warnings.count; j++)
			cr_assert(is_about_options(findings.warnings.texts[j]), "%s",
				  findings.warnings.texts[j]);
	}
}
