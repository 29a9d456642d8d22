/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The VMBus and the generation counter get the names that they have in generation 2. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "system_hive.h"

TestSuite(system_acpi);

#define ACPI(set) "ControlSet00" #set "\\Enum\\ACPI"

static const struct hive_owner server_2012r2 = {
	.disk = &(const struct moved_disk){.mbr_signature = 1},
	.root = "\\Windows",
	.pending = "",
	.major = 6,
	.minor = 3,
	.is_server = true,
};

static void add_device(struct hive *hive, const char *instance)
{
	char path[256];

	made_text(hive, instance, "Service", "vmbus");
	made_text(hive, instance, "Driver", "{4d36e97d-e325-11ce-bfc1-08002be10318}\\0001");
	made_dword(hive, instance, "ConfigFlags", 0);
	snprintf(path, sizeof(path), "%s\\Properties\\{a}\\0003", instance);
	cr_assert_eq(hive_set(hive, made_key(hive, path), "", 0xffff0012, "x\0\0", 4, NULL), 0);
}

Test(system_acpi, both_devices_are_copied_in_every_set)
{
	CLEANUP_HIVE struct hive *hive = hive_made(), *after = NULL;
	struct edit_notes notes = EDIT_NOTES_INIT;
	CLEANUP_FREE char *service = NULL;
	CLEANUP_FREE uint8_t *property = NULL;
	uint32_t type = 0;
	size_t size;

	add_device(hive, ACPI(1) "\\VMBus\\4&215d0f95&0");
	add_device(hive, ACPI(1) "\\Hyper_V_Gen_Counter_V1\\0");
	add_device(hive, ACPI(2) "\\vmbus\\0");
	after = edited(hive, &server_2019, &notes);
	cr_assert_not_null(after);
	service = text_at(after, ACPI(1) "\\MSFT1000\\0", "Service");
	cr_assert_str_eq(service, "vmbus");
	property =
		hive_get_bytes(after,
			       hive_find(after, 0, ACPI(1) "\\MSFT1000\\0\\Properties\\{a}\\0003"),
			       "", &type, &size);
	cr_assert_not_null(property);
	cr_assert_eq(type, 0xffff0012);
	cr_assert_eq(dword_at(after, ACPI(1) "\\MSFT1002\\0", "ConfigFlags"), 0);
	cr_assert_eq(dword_at(after, ACPI(2) "\\MSFT1000\\0", "ConfigFlags"), 0);
	cr_assert_eq(hive_find(after, 0, ACPI(2) "\\MSFT1002"), 0);
	cr_assert_neq(hive_find(after, 0, ACPI(1) "\\VMBus\\4&215d0f95&0"), 0);
	cr_assert_eq(notes.changed.count, 3);
	cr_assert(noted(&notes.changed, "VMBus"));
	edit_notes_done(&notes);
	cr_assert_null(edited(after, &server_2019, &notes));
	edit_notes_done(&notes);
}

Test(system_acpi, instance_0_is_the_model_and_an_old_key_stays)
{
	CLEANUP_HIVE struct hive *hive = hive_made(), *after = NULL;
	struct edit_notes notes = EDIT_NOTES_INIT;

	add_device(hive, ACPI(1) "\\VMBus\\0");
	add_device(hive, ACPI(1) "\\VMBus\\(old)");
	made_dword(hive, ACPI(1) "\\VMBus\\0", "ConfigFlags", 7);
	add_device(hive, ACPI(1) "\\Hyper_V_Gen_Counter_V1\\0");
	made_dword(hive, ACPI(1) "\\MSFT1002\\1", "ConfigFlags", 5);
	after = edited(hive, &server_2019, &notes);
	cr_assert_eq(dword_at(after, ACPI(1) "\\MSFT1000\\0", "ConfigFlags"), 7);
	cr_assert_eq(hive_find(after, 0, ACPI(1) "\\MSFT1000\\(old)"), 0);
	cr_assert_eq(hive_find(after, 0, ACPI(1) "\\MSFT1002\\0"), 0);
	cr_assert_eq(dword_at(after, ACPI(1) "\\MSFT1002\\1", "ConfigFlags"), 5);
	edit_notes_done(&notes);
}

/* Only of the set that Windows starts with, and only of a Windows that knows no other name. */
Test(system_acpi, a_guest_that_never_saw_a_vmbus_is_warned_about)
{
	CLEANUP_HIVE struct hive *hive = hive_made();
	struct edit_notes notes = EDIT_NOTES_INIT;

	made_dword(hive, "Select", "Current", 2);
	add_device(hive, ACPI(1) "\\MSFT1000\\0");
	add_device(hive, ACPI(2) "\\PNP0A03\\0");
	cr_assert_null(edited(hive, &server_2012r2, &notes));
	cr_assert(noted(&notes.warnings, "ControlSet002: Enum\\ACPI has no VMBus"));
	edit_notes_done(&notes);
	notes = (struct edit_notes)EDIT_NOTES_INIT;
	cr_assert_null(edited(hive, &server_2019, &notes));
	cr_assert_not(noted(&notes.warnings, "VMBus"));
	edit_notes_done(&notes);
	notes = (struct edit_notes)EDIT_NOTES_INIT;
	made_dword(hive, "Select", "Current", 1);
	cr_assert_null(edited(hive, &server_2012r2, &notes));
	cr_assert_not(noted(&notes.warnings, "VMBus"));
	edit_notes_done(&notes);
}

Test(system_acpi, what_cannot_be_copied_is_told_and_stays)
{
	CLEANUP_HIVE struct hive *hive = hive_made();
	struct edit_notes notes = EDIT_NOTES_INIT;
	char deep[256] = ACPI(1) "\\VMBus\\0";

	for (int i = 0; i < 20; i++)
		strcat(deep, "\\deep");
	made_key(hive, deep);
	made_key(hive, ACPI(1) "\\Hyper_V_Gen_Counter_V1");
	cr_assert_null(edited(hive, &server_2019, &notes));
	cr_assert(noted(&notes.warnings, "VMBus cannot be copied"));
	cr_assert(noted(&notes.warnings, "it has no instance"));
	edit_notes_done(&notes);
}
