/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drive letters and boot drivers in a SYSTEM hive, made here; real hives where they are present. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "convert/guest/windows/system/registry.h"
#include "system_hive.h"

TestSuite(guest_registry);

#define SIGNATURE UINT32_C(0xdf4546ae)
#define WINDOWS	  UINT64_C(0x1f500000)

static const struct moved_partition partitions[] = {
	{.mbr_offset = 1048576,
	 .gpt_guid = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}},
	{.mbr_offset = WINDOWS,
	 .gpt_guid = {{16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}}},
};

static const struct moved_disk target = {.mbr_signature = SIGNATURE,
					 .partitions = partitions,
					 .partition_count = 2};

static const struct hive_owner owner = {.disk = &target,
					.root = "\\Windows",
					.pending = "",
					.major = 10};

static void set_row(struct hive *hive, const char *name, uint32_t signature, uint64_t offset)
{
	uint8_t row[12];

	put_le32(row, signature);
	put_le64(row + 4, offset);
	cr_assert_eq(hive_set(hive, made_key(hive, "MountedDevices"), name, hive_t_binary, row, 12,
			      NULL),
		     0);
}

static void set_service(struct hive *hive, const char *set, const char *name, uint32_t start,
			bool is_demoted)
{
	char path[128];

	snprintf(path, sizeof(path), "%s\\Services\\%s", set, name);
	made_dword(hive, path, "Start", start);
	if (!is_demoted)
		return;
	snprintf(path, sizeof(path), "%s\\Services\\%s\\StartOverride", set, name);
	made_dword(hive, path, "0", 3);
}

static struct hive *made(void)
{
	struct hive *hive = hive_made();

	set_row(hive, "\\DosDevices\\C:", SIGNATURE, WINDOWS);
	set_row(hive, "\\??\\Volume{11111111-2222-3333-4444-806e6f6e6963}", SIGNATURE, 1048576);
	set_row(hive, "#{11111111-2222-3333-4444-806e6f6e6963}", SIGNATURE, 1048576);
	set_row(hive, "\\DosDevices\\D:", 0x1234, WINDOWS);
	cr_assert_eq(hive_set(hive, made_key(hive, "MountedDevices"), "\\DosDevices\\E:",
			      hive_t_binary, "\\\0?\0?\0\\\0S\0C\0S\0I\0#\0C\0d\0", 22, NULL),
		     0);
	for (int i = 1; i <= 2; i++) {
		char set[32];

		snprintf(set, sizeof(set), "ControlSet00%d", i);
		set_service(hive, set, "vmbus", 0, true);
		set_service(hive, set, "storvsc", 3, true);
		set_service(hive, set, "storflt", 0, false);
		set_service(hive, set, "hyperkbd", 4, false);
		set_service(hive, set, "netvsc", 3, false);
		set_service(hive, set, "atapi", 0, true);
	}
	return hive;
}

static void assert_row(struct hive *hive, const char *name, const struct guid *guid)
{
	size_t size = 0;
	uint32_t type = 0;
	hive_node_h node = hive_find(hive, 0, "MountedDevices");
	CLEANUP_FREE uint8_t *row = hive_get_bytes(hive, node, name, &type, &size);

	cr_assert_not_null(row, "%s", name);
	cr_assert_eq(type, hive_t_binary);
	cr_assert_eq(size, 24);
	cr_assert_eq(memcmp(row, "DMIO:ID:", 8), 0);
	cr_assert_eq(memcmp(row + 8, guid->bytes, 16), 0);
}

Test(guest_registry, rows_of_the_disk_get_the_gpt_form)
{
	CLEANUP_HIVE struct hive *before = made(), *after = NULL;
	struct edit_notes notes = EDIT_NOTES_INIT;
	hive_node_h node;
	size_t size = 0;
	CLEANUP_FREE uint8_t *other = NULL, *cd = NULL;

	after = edited(before, &owner, &notes);
	cr_assert_not_null(after);
	assert_row(after, "\\DosDevices\\C:", &partitions[1].gpt_guid);
	assert_row(after, "\\??\\Volume{11111111-2222-3333-4444-806e6f6e6963}",
		   &partitions[0].gpt_guid);
	assert_row(after, "#{11111111-2222-3333-4444-806e6f6e6963}", &partitions[0].gpt_guid);
	node = hive_find(after, 0, "MountedDevices");
	other = hive_get_bytes(after, node, "\\DosDevices\\D:", NULL, &size);
	cr_assert_eq(size, 12);
	cr_assert_eq(get_le32(other), 0x1234);
	cd = hive_get_bytes(after, node, "\\DosDevices\\E:", NULL, &size);
	cr_assert_eq(size, 22);
	edit_notes_done(&notes);
}

Test(guest_registry, drivers_start_in_every_control_set)
{
	CLEANUP_HIVE struct hive *before = made(), *after = NULL;
	struct edit_notes notes = EDIT_NOTES_INIT;

	after = edited(before, &owner, &notes);
	cr_assert_eq(dword_at(after, "ControlSet001\\Services\\vmbus", "Start"), 0);
	cr_assert_eq(dword_at(after, "ControlSet001\\Services\\storvsc", "Start"), 0);
	cr_assert_eq(dword_at(after, "ControlSet002\\Services\\storvsc", "Start"), 0);
	cr_assert_eq(dword_at(after, "ControlSet002\\Services\\hyperkbd", "Start"), 3);
	cr_assert_eq(dword_at(after, "ControlSet001\\Services\\netvsc", "Start"), 3);
	cr_assert_eq(hive_find(after, 0, "ControlSet001\\Services\\vmbus\\StartOverride"), 0);
	cr_assert_eq(hive_find(after, 0, "ControlSet002\\Services\\storvsc\\StartOverride"), 0);
	cr_assert_neq(hive_find(after, 0, "ControlSet001\\Services\\atapi\\StartOverride"), 0);
	cr_assert_eq(notes.changed.count, 3 + 2 * 5);
	cr_assert_eq(notes.warnings.count, 0);
	edit_notes_done(&notes);
}

Test(guest_registry, converted_hive_needs_nothing_more)
{
	CLEANUP_HIVE struct hive *before = made(), *after = NULL;
	struct edit_notes notes = EDIT_NOTES_INIT, none = EDIT_NOTES_INIT;

	after = edited(before, &owner, &notes);
	cr_assert_null(edited(after, &owner, &none));
	cr_assert_eq(none.changed.count, 0);
	edit_notes_done(&notes);
	edit_notes_done(&none);
}

Test(guest_registry, missing_drivers_and_stale_rows_are_reported)
{
	CLEANUP_HIVE struct hive *hive = hive_made(), *after = NULL;
	struct edit_notes notes = EDIT_NOTES_INIT;

	set_row(hive, "\\DosDevices\\F:", SIGNATURE, 4711);
	set_row(hive, "\\??\\Volume{11111111-2222-3333-4444-806e6f6e6963}", SIGNATURE, 4711);
	set_row(hive, "\\??\\Volume{21111111-2222-3333-4444-806e6f6e6963}", 0x1234, 4711);
	set_service(hive, "ControlSet001", "vmbus", 0, false);
	set_service(hive, "ControlSet001", "storvsc", 0, false);
	after = edited(hive, &owner, &notes);
	cr_assert_null(after);
	cr_assert_eq(notes.warnings.count, 3);
	cr_assert_not_null(strstr(notes.warnings.texts[0], "F:"));
	cr_assert_not_null(
		strstr(notes.warnings.texts[1], "Volume{11111111-2222-3333-4444-806e6f6e6963}"));
	cr_assert_not_null(strstr(notes.warnings.texts[2], "keyboard"));
	edit_notes_done(&notes);
}

Test(guest_registry, dirty_and_damaged_hives_are_refused)
{
	CLEANUP_HIVE struct hive *hive = made();
	CLEANUP_FREE uint8_t *bytes = NULL, *after = NULL;
	struct edit_notes notes = EDIT_NOTES_INIT;
	struct error err = ERROR_INIT;
	size_t size, after_size;

	cr_assert_eq(hive_commit(hive, &bytes, &size, NULL), 0);
	put_le32(bytes + 4, get_le32(bytes + 4) ^ 1);
	put_le32(bytes + 508, get_le32(bytes + 508) ^ 1);
	cr_assert_lt(registry_convert(&(struct file_bytes){bytes, size, "SYSTEM"}, &owner, &after,
				      &after_size, &notes, &err),
		     0);
	cr_assert_eq(err.refusal, REFUSAL_HIVE_DIRTY);
	bytes[0] = 0;
	cr_assert_lt(registry_convert(&(struct file_bytes){bytes, size, "SYSTEM"}, &owner, &after,
				      &after_size, &notes, &err),
		     0);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
}

/* The first 12-byte row of a real hive names its disk: take that as the target. */
static bool first_row(struct hive *hive, struct moved_disk *ret, struct moved_partition *part)
{
	CLEANUP_HIVE_VALUES struct hive_values rows = {.list = NULL};

	cr_assert_eq(hive_get_values(hive, hive_find(hive, 0, "MountedDevices"), &rows, NULL), 0);
	for (size_t i = 0; i < rows.count; i++) {
		if (rows.list[i].size != 12)
			continue;
		*part = (struct moved_partition){.mbr_offset = get_le64(rows.list[i].bytes + 4),
						 .gpt_guid = partitions[0].gpt_guid};
		*ret = (struct moved_disk){.mbr_signature = get_le32(rows.list[i].bytes),
					   .partitions = part,
					   .partition_count = 1};
		return true;
	}
	return false;
}

Test(guest_registry, real_hive)
{
	size_t size, after_size = 0;
	CLEANUP_FREE uint8_t *bytes = real_hive("SYSTEM-win7-vmware.hiv", &size), *after = NULL;
	struct edit_notes notes = EDIT_NOTES_INIT;
	CLEANUP_HIVE struct hive *hive = NULL;
	struct moved_partition part;
	struct moved_disk real;
	struct hive_owner real_owner = owner;
	struct error err = ERROR_INIT;

	if (size == 0)
		cr_skip_test("the real hive is not there");
	cr_assert_eq(hive_open(bytes, size, "SYSTEM", &hive, &err), 0, "%s", err.message);
	cr_assert(first_row(hive, &real, &part));
	real_owner.disk = &real;
	cr_assert_eq(registry_convert(&(struct file_bytes){bytes, size, "SYSTEM"}, &real_owner,
				      &after, &after_size, &notes, &err),
		     0, "%s", err.message);
	cr_assert_not_null(after);
	cr_assert_leq(after_size, size + 65536);
	hive_cleanup(&hive);
	cr_assert_eq(hive_open(after, after_size, "SYSTEM", &hive, &err), 0, "%s", err.message);
	assert_row(hive, "\\DosDevices\\C:", &partitions[0].gpt_guid);
	edit_notes_done(&notes);
}

/* A real Windows 10 that never saw a synthetic controller: its boot drivers are demoted. */
Test(guest_registry, real_hive_with_demoted_drivers)
{
	size_t size, after_size = 0;
	CLEANUP_FREE uint8_t *bytes = real_hive("SYSTEM-win10-gpt-vmware.hiv", &size),
			     *after = NULL;
	struct edit_notes notes = EDIT_NOTES_INIT;
	CLEANUP_HIVE struct hive *hive = NULL;
	struct error err = ERROR_INIT;

	if (size == 0)
		cr_skip_test("the real hive is not there");
	cr_assert_eq(registry_convert(&(struct file_bytes){bytes, size, "SYSTEM"}, &owner, &after,
				      &after_size, &notes, &err),
		     0, "%s", err.message);
	cr_assert_eq(notes.changed.count, 4);
	cr_assert_eq(notes.warnings.count, 0);
	cr_assert_eq(hive_open(after, after_size, "SYSTEM", &hive, &err), 0, "%s", err.message);
	cr_assert_neq(hive_find(hive, 0, "ControlSet001\\Services\\storvsc"), 0);
	cr_assert_eq(hive_find(hive, 0, "ControlSet001\\Services\\storvsc\\StartOverride"), 0);
	cr_assert_eq(hive_find(hive, 0, "ControlSet001\\Services\\vmbus\\StartOverride"), 0);
	edit_notes_done(&notes);
}

/* All edits in real hives, with the keys of a real device as those of the VMBus: once is enough. */
Test(guest_registry, real_hives_need_nothing_more)
{
	static const char *const names[] = {"SYSTEM-win7-vmware.hiv",
					    "SYSTEM-win10-gpt-vmware.hiv"};

	for (size_t i = 0; i < 2; i++) {
		size_t size;
		CLEANUP_FREE uint8_t *bytes = real_hive(names[i], &size);
		CLEANUP_HIVE struct hive *hive = NULL, *after = NULL;
		CLEANUP_EDIT_NOTES struct edit_notes notes = EDIT_NOTES_INIT,
						     none = EDIT_NOTES_INIT;
		struct hive_owner with_disks = owner;
		hive_node_h acpi;

		if (size == 0)
			cr_skip_test("the real hive is not there");
		with_disks.online_data_disks = true;
		cr_assert_eq(hive_open(bytes, size, "SYSTEM", &hive, NULL), 0);
		acpi = hive_find(hive, 0, "ControlSet001\\Enum\\ACPI");
		cr_assert_eq(hive_copy(hive, hive_find(hive, acpi, "PNP0A03"), acpi, "VMBus", NULL),
			     0);
		after = edited(hive, &with_disks, &notes);
		cr_assert_not_null(after);
		cr_assert(noted(&notes.changed, "MSFT1000"));
		cr_assert_neq(hive_find(after, 0,
					"ControlSet001\\Enum\\ACPI\\MSFT1000\\0\\Properties"),
			      0);
		cr_assert_null(edited(after, &with_disks, &none));
	}
}
