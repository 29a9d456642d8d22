/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Real stores, where they are present: conversion, rebuilding and the recovery store against what
 * Windows made for the same machine, element by element, and no false alarm on any store.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bcd/device.h"
#include "bcd/names.h"
#include "stores.h"

TestSuite(bcd_real);

#define TEMPLATE SHARED_DATA "/hives/template/BCD-Template-win10.hiv"

/* The GPT device of an element of the store. */
static struct bcd_partition_id gpt_device(struct bcd_store *store, const char *guid_text,
					  uint32_t code)
{
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
	struct bcd_element *element = bcd_object_find(object_of(store, guid_text), code);

	cr_assert_not_null(element);
	cr_assert_eq(bcd_device_decode(element->data, element->size, &device, NULL), 0);
	cr_assert_eq(device.kind, BCD_DEVICE_GPT);
	return device.id;
}

#define BOOTMGR "{9dea862c-5cdd-4e70-acc1-f32b344d4795}"

/*
 * One run of bcdboot wrote both stores of this disk, which is a GPT one; so the devices need no
 * change here, which the other tests look at. What may differ, and why:
 *
 *   loader/resume   their GUIDs (the comparison knows them by their role)
 *   resume 21000001, 26000006   added by Windows at its first start
 *   {bootmgr} 12000002          the same text; the copy that Windows makes from NVRAM ends in two
 *                               NULs
 *   {fwbootmgr}                 what Windows mirrors from NVRAM
 */
Test(bcd_real, converted_store_equals_the_genuine_one)
{
	CLEANUP_BYTES struct bytes bios = read_file(STORES "bios-win10-bcdboot-all-zhcn.bcd");
	CLEANUP_BYTES struct bytes uefi = read_file(STORES "uefi-win10-bcdboot-all-zhcn.bcd");
	CLEANUP_BYTES struct bytes to = {.at = NULL};
	CLEANUP_BCD_STORE struct bcd_store *genuine = open_store(&uefi), *converted = NULL;
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	struct bcd_partition_id esp = gpt_device(genuine, BOOTMGR, BCD_DEVICE), windows;
	struct moved_partition partition;
	struct bcd_target target = {.disk.gpt_disk = esp.disk,
				    .esp = esp.partition,
				    .disk.partitions = &partition,
				    .disk.partition_count = 1,
				    .windows_offset = MADE_WINDOWS};
	struct error err = ERROR_INIT;
	struct guid loader;
	char text[GUID_TEXT_SIZE + 2], id_text[GUID_TEXT_SIZE];

	cr_assert(bcd_object_guid(object_of(genuine, BOOTMGR), BCD_MGR_DEFAULT, &loader));
	snprintf(text, sizeof(text), "{%s}", guid_format(&loader, id_text));
	windows = gpt_device(genuine, text, BCD_OS_DEVICE);
	partition =
		(struct moved_partition){.mbr_offset = MADE_WINDOWS, .gpt_guid = windows.partition};
	cr_assert_eq(bcd_convert(&(struct file_bytes){bios.at, bios.size, "BCD"}, &target, &to.at,
				 &to.size, &notes, &err),
		     0, "%s", err.message);
	converted = open_store(&to);
	CLEANUP_FREE char *found = store_differences(converted, genuine);
	cr_assert_str_eq(found,
			 "resume 21000001\nresume 26000006\n{bootmgr} 12000002\n{fwbootmgr}\n");
	cr_assert_eq(notes.warnings.count, 0);
}

static struct bytes rebuild(const struct bytes *template, const struct bcd_rebuild *how)
{
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	struct bytes to = {.at = NULL};
	struct error err = ERROR_INIT;

	cr_assert_eq(bcd_rebuild(&(struct file_bytes){template ? template->at : NULL,
						      template ? template->size : 0,
						      "BCD-Template"},
				 how, &to.at, &to.size, &notes, &err),
		     0, "%s", err.message);
	cr_assert_eq(notes.warnings.count, 1, "%s", notes.warnings.texts[0]);
	return to;
}

static const struct moved_partition raw_partition = {.mbr_offset = 1048576, .gpt_guid = {{1}}};
static const struct bcd_target raw_target = {.disk.mbr_signature = 0xddba6bbb,
					     .disk.partitions = &raw_partition,
					     .disk.partition_count = 1,
					     .system_offset = 1048576,
					     .windows_offset = 1048576};

/*
 * bcdboot wrote this store, then a tool of its owner changed it: the devices of the loader and the
 * boot manager became "boot", and their locale Czech. Nothing else may differ.
 */
Test(bcd_real, rebuilt_store_equals_that_of_bcdboot)
{
	CLEANUP_BYTES struct bytes raw = read_file(STORES "bios-win10-bcdboot-raw.bcd");
	CLEANUP_BYTES struct bytes template = read_file(TEMPLATE);
	struct bcd_rebuild how = {.target = &raw_target,
				  .system_root = "\\windows",
				  .description = "Windows 10",
				  .locale = "en-us",
				  .is_bios = true};
	CLEANUP_BYTES struct bytes to = rebuild(&template, &how), again = rebuild(&template, &how);
	CLEANUP_BCD_STORE struct bcd_store *genuine = open_store(&raw), *rebuilt = open_store(&to);
	CLEANUP_FREE char *found = store_differences(rebuilt, genuine);

	cr_assert_str_eq(found, "loader 11000001\nloader 12000005\nloader 21000001\n"
				"{bootmgr} 11000001\n{bootmgr} 12000005\n");
	cr_assert_eq(again.size, to.size);
	cr_assert_eq(memcmp(again.at, to.at, to.size), 0);
}

Test(bcd_real, builtin_template_equals_the_real_one)
{
	CLEANUP_BYTES struct bytes template = read_file(TEMPLATE);
	struct bcd_rebuild how = {.target = &raw_target,
				  .system_root = "\\Windows",
				  .description = "Windows 10",
				  .locale = "de-DE"};
	CLEANUP_BYTES struct bytes with = rebuild(&template, &how), without = rebuild(NULL, &how);
	CLEANUP_BCD_STORE struct bcd_store *a = open_store(&with), *b = open_store(&without);
	CLEANUP_FREE char *found = store_differences(a, b);

	cr_assert_str_eq(found, "");
	cr_assert_str_eq(text_of(a, BOOTMGR, BCD_PATH), "\\EFI\\Microsoft\\Boot\\bootmgfw.efi");
}

/* The template that Windows Setup media carry is another one and must not be taken for it. */
Test(bcd_real, template_of_setup_media_is_refused)
{
	CLEANUP_BYTES struct bytes template = read_file(STORES "template-setup-media.hiv");
	CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
	struct bcd_rebuild how = {.target = &raw_target,
				  .system_root = "\\Windows",
				  .description = "x"};
	CLEANUP_BYTES struct bytes to = {.at = NULL};
	struct error err = ERROR_INIT;

	cr_assert_lt(bcd_rebuild(&(struct file_bytes){template.at, template.size, "x"}, &how,
				 &to.at, &to.size, &notes, &err),
		     0);
	cr_assert_eq(err.refusal, REFUSAL_BCD_DAMAGED);
}

/*
 * The two stores of one ESP each. What may differ, and why:
 *
 *   loader 11000001, 21000001   reagentc makes an options object of its own for the second store,
 *                               and so two GUIDs
 *   {GUID}                      that object
 *   {bootmgr} 12000002          the copy from NVRAM in the first store ends in two NULs
 *   {bootmgr} 12000005          pt-br as bcdboot wrote it, pt-BR where Windows has set it since
 */
Test(bcd_real, recovery_stores_equal_the_genuine_ones)
{
	static const struct {
		const char *store, *recovery, *differences;
	} cases[] = {
		{STORES "uefi-win10-winre-asus.bcd", STORES "uefi-win10-winre-asus-recovery.bcd",
		 "loader 11000001\nloader 21000001\n{bootmgr} 12000002\n"
		 "{e018a2d2-b134-11ea-95b2-81f0ac71b75b}\n{ffd52abd-b0f1-11ea-8883-e126dd9df35c}\n"},
		{STORES "uefi-win11-ptbr.bcd", STORES "uefi-win11-ptbr-recovery.bcd",
		 "loader 11000001\nloader 21000001\n{1db1cd18-bd96-11ee-8143-ecd785d2bc6c}\n"
		 "{60cd68b6-bd97-11ee-9d2d-fb59ee0aa77c}\n{bootmgr} 12000002\n{bootmgr} 12000005\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP_BYTES struct bytes main = read_file(cases[i].store);
		CLEANUP_BYTES struct bytes expected = read_file(cases[i].recovery),
					   to = {.at = NULL};
		CLEANUP_BCD_STORE struct bcd_store *a = NULL, *b = open_store(&expected);
		struct error err = ERROR_INIT;

		cr_assert_eq(bcd_recovery_store(&(struct file_bytes){main.at, main.size, "BCD"},
						&to.at, &to.size, &err),
			     0, "%s", err.message);
		a = open_store(&to);
		CLEANUP_FREE char *found = store_differences(a, b);
		cr_assert_str_eq(found, cases[i].differences, "%s: %s", cases[i].store, found);
	}
}

/* Every store lists; every element has its name, but for those that bcdedit itself prints as a
 * number. */
Test(bcd_real, all_stores_list_and_all_elements_have_names)
{
	if (!have_stores())
		cr_skip_test("the real stores are not there");
	CLEANUP_NAMES char **names = store_names("");
	for (size_t i = 0; names[i]; i++) {
		char path[512];
		CLEANUP_FREE char *text = NULL;
		CLEANUP_BYTES struct bytes bytes = {.at = NULL};
		struct error err = ERROR_INIT;
		char *custom;

		if (strcmp(names[i], "broken-zeroed.bcd") == 0)
			continue; /* a hive, but no store */
		snprintf(path, sizeof(path), "%s%s", STORES, names[i]);
		bytes = read_file(path);
		cr_assert_eq(bcd_list(&(struct file_bytes){bytes.at, bytes.size, names[i]}, &text,
				      &err),
			     0, "%s", err.message);
		custom = text;
		while ((custom = strstr(custom, "custom:"))) {
			bool is_known = strncmp(custom, "custom:21000026", 15) == 0 ||
					strncmp(custom, "custom:47000005", 15) == 0 ||
					strncmp(custom, "custom:12000002", 15) == 0 ||
					strncmp(custom, "custom:22000002", 15) == 0;
			cr_assert(is_known, "%s: %.40s", names[i], custom);
			custom++;
		}
	}
}

/* What is really wrong in the stores of UEFI machines; everything else must check without a
 * finding. */
Test(bcd_real, no_false_alarm)
{
	static const struct {
		const char *name;
		size_t findings;
	} faulty[] = {
		{"uefi-locate-element.bcd", 2}, /* references to objects that its maker left out */
		{"uefi-win81-win10-hpz420.bcd", 1}, /* a list stored as one string */
	};

	if (!have_stores())
		cr_skip_test("the real stores are not there");
	CLEANUP_NAMES char **names = store_names("");
	for (size_t i = 0; names[i]; i++) {
		CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
		CLEANUP_BYTES struct bytes bytes = {.at = NULL};
		char path[512];
		size_t expected = 0;

		if (strncmp(names[i], "uefi-", 5) != 0 && strncmp(names[i], "bios-", 5) != 0 &&
		    strncmp(names[i], "media-", 6) != 0)
			continue;
		for (size_t j = 0; j < sizeof(faulty) / sizeof(faulty[0]); j++)
			if (strcmp(names[i], faulty[j].name) == 0)
				expected = faulty[j].findings;
		snprintf(path, sizeof(path), "%s%s", STORES, names[i]);
		bytes = read_file(path);
		cr_assert_eq(bcd_check(&(struct file_bytes){bytes.at, bytes.size, names[i]}, &notes,
				       NULL),
			     0);
		cr_assert_eq(notes.warnings.count, expected, "%s: %zu findings: %s", names[i],
			     notes.warnings.count,
			     notes.warnings.count ? notes.warnings.texts[0] : "");
	}
}

static size_t round_trips(const struct bcd_store *store, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < store->object_count; i++)
		for (size_t j = 0; j < store->objects[i]->element_count; j++) {
			const struct bcd_element *element = &store->objects[i]->elements[j];
			CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
			CLEANUP_FREE uint8_t *bytes = NULL;
			size_t size;

			if (BCD_ELEMENT_FORMAT(element->code) != BCD_FORMAT_DEVICE)
				continue;
			cr_assert_eq(bcd_device_decode(element->data, element->size, &device, NULL),
				     0);
			cr_assert_neq(device.kind, BCD_DEVICE_OTHER, "%s", name);
			cr_assert_eq(bcd_device_encode(&device, &bytes, &size, NULL), 0);
			cr_assert_eq(size, element->size, "%s %08x", name, element->code);
			cr_assert_eq(memcmp(bytes, element->data, size), 0, "%s %08x", name,
				     element->code);
			count++;
		}
	return count;
}

Test(bcd_real, device_elements_round_trip)
{
	size_t count = 0;

	if (!have_stores())
		cr_skip_test("the real stores are not there");
	CLEANUP_NAMES char **names = store_names("");
	for (size_t i = 0; names[i]; i++) {
		CLEANUP_BYTES struct bytes bytes = {.at = NULL};
		CLEANUP_BCD_STORE struct bcd_store *store = NULL;
		char path[512];

		if (strcmp(names[i], "broken-zeroed.bcd") == 0)
			continue;
		snprintf(path, sizeof(path), "%s%s", STORES, names[i]);
		bytes = read_file(path);
		store = open_store(&bytes);
		count += round_trips(store, names[i]);
	}
	cr_assert_gt(count, 300);
}

/* Is one of the settings that Secure Boot does not honour switched on anywhere in the store? */
static bool fights_secure_boot(const struct bcd_store *store)
{
	static const uint32_t codes[] = {0x16000010, 0x16000048, 0x16000049,
					 0x260000a0, 0x260000a1, 0x260000f2};

	for (size_t i = 0; i < store->object_count; i++)
		for (size_t j = 0; j < sizeof(codes) / sizeof(codes[0]); j++)
			if (bcd_object_bool(store->objects[i], codes[j]))
				return true;
	return false;
}

/* The boot store of a UEFI machine as that of a BIOS machine whose disk is a GPT one, so that the
 * settings of these as well are looked at; false when its default entry starts no Windows of a
 * partition. */
static bool convert_uefi_store(const struct bytes *from, const char *name, struct bcd_notes *notes)
{
	CLEANUP_BYTES struct bytes to = {.at = NULL};
	struct bcd_default_entry entry;
	struct moved_partition partition = {.mbr_offset = MADE_WINDOWS};
	struct bcd_target target = {.disk.partitions = &partition,
				    .disk.partition_count = 1,
				    .windows_offset = MADE_WINDOWS,
				    .is_not_hibernated = true};
	bool has_place;
	struct error err = ERROR_INIT;

	if (bcd_default_entry(&(struct file_bytes){from->at, from->size, name}, &entry, NULL) < 0)
		return false;
	has_place = entry.device_is_gpt;
	target.disk.gpt_disk = entry.device_disk;
	partition.gpt_guid = entry.device_partition;
	bcd_default_entry_done(&entry);
	if (!has_place)
		return false;
	if (bcd_convert(&(struct file_bytes){from->at, from->size, name}, &target, &to.at, &to.size,
			notes, &err) < 0) {
		cr_assert_eq(err.refusal, REFUSAL_BCD_DAMAGED, "%s: %s", name, err.message);
		return false;
	}
	return true;
}

Test(bcd_real, secure_boot_is_named_only_where_it_matters)
{
	size_t converted = 0;

	if (!have_stores())
		cr_skip_test("the real stores are not there");
	CLEANUP_NAMES char **names = store_names("uefi-");
	for (size_t i = 0; names[i]; i++) {
		char path[512];
		CLEANUP_BYTES struct bytes from = {.at = NULL};
		CLEANUP_BCD_STORE struct bcd_store *store = NULL;
		CLEANUP_BCD_NOTES struct bcd_notes notes = BCD_NOTES_INIT;
		bool is_told = false;

		snprintf(path, sizeof(path), "%s%s", STORES, names[i]);
		from = read_file(path);
		store = open_store(&from);
		if (!convert_uefi_store(&from, names[i], &notes))
			continue;
		converted++;
		for (size_t j = 0; j < notes.warnings.count; j++)
			is_told |= strstr(notes.warnings.texts[j], "Secure Boot") != NULL;
		cr_assert_eq(is_told, fights_secure_boot(store), "%s", names[i]);
	}
	cr_assert_gt(converted, 10, "%zu", converted);
}
