/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drivers: how they start, from which path, and whether their files are there. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "convert/guest/windows/system/image_path.h"
#include "system_hive.h"

TestSuite(system_drivers);

#define SERVICE(name) "ControlSet001\\Services\\" name

/* Paths as they stand in hives, and what the boot loader is told. */
static const struct {
	const char *image, *relative;
} paths[] = {
	{"\\SystemRoot\\System32\\drivers\\vpci.sys", "System32\\drivers\\vpci.sys"},
	{"\\systemroot\\system32\\DRIVERS\\StorVsc.sys", "System32\\drivers\\StorVsc.sys"},
	{"%SystemRoot%\\System32\\drivers\\a.sys", "System32\\drivers\\a.sys"},
	{"\\??\\C:\\Windows\\System32\\drivers\\a.sys", "System32\\drivers\\a.sys"},
	{"D:\\WINDOWS\\system32\\drivers\\a.sys", "System32\\drivers\\a.sys"},
	{"\\Windows\\System32\\drivers\\a.sys", "System32\\drivers\\a.sys"},
	{"\\SystemRoot\\System32\\DriverStore\\x\\a.sys", "System32\\DriverStore\\x\\a.sys"},
	{"system32\\drivers\\a.sys", "System32\\drivers\\a.sys"},
	{NULL, "System32\\drivers\\name.sys"},
	{"", "System32\\drivers\\name.sys"},
	{"\\??\\C:\\Windows.old\\System32\\drivers\\a.sys", NULL},
	{"\\Device\\HarddiskVolume2\\Windows\\System32\\drivers\\a.sys", NULL},
	{"C:\\Program Files\\a.sys", NULL},
	{"C:relative.sys", NULL},
};

Test(system_drivers, paths_are_told_from_the_windows_folder)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		char relative[IMAGE_PATH_SIZE];
		bool is_known = image_path_relative(paths[i].image, "\\Windows", "name", relative);

		cr_assert_eq(is_known, paths[i].relative != NULL, "%zu", i);
		if (is_known)
			cr_assert_str_eq(relative, paths[i].relative);
	}
}

Test(system_drivers, a_path_is_rewritten_where_the_start_is)
{
	CLEANUP_HIVE struct hive *hive = hive_made(), *after = NULL;
	struct edit_notes notes = EDIT_NOTES_INIT;
	CLEANUP_FREE char *storvsc = NULL, *vmbus = NULL, *winhv = NULL, *storflt = NULL;
	uint32_t type = 0;
	size_t size;

	made_dword(hive, SERVICE("storvsc"), "Start", 3);
	made_text(hive, SERVICE("storvsc"), "ImagePath",
		  "\\SystemRoot\\System32\\drivers\\storvsc.sys");
	made_dword(hive, SERVICE("vmbus"), "Start", 0);
	made_text(hive, SERVICE("vmbus"), "ImagePath",
		  "\\SystemRoot\\System32\\drivers\\vmbus.sys");
	made_dword(hive, SERVICE("winhv"), "Start", 4);
	made_dword(hive, SERVICE("storflt"), "Start", 3);
	made_text(hive, SERVICE("storflt"), "ImagePath", "E:\\vmstorfl.sys");
	after = edited(hive, &server_2019, &notes);
	storvsc = text_at(after, SERVICE("storvsc"), "ImagePath");
	cr_assert_str_eq(storvsc, "System32\\drivers\\storvsc.sys");
	free(hive_get_bytes(after, hive_find(after, 0, SERVICE("storvsc")), "ImagePath", &type,
			    &size));
	cr_assert_eq(type, hive_t_expand_string);
	vmbus = text_at(after, SERVICE("vmbus"), "ImagePath");
	cr_assert_str_eq(vmbus, "\\SystemRoot\\System32\\drivers\\vmbus.sys");
	winhv = text_at(after, SERVICE("winhv"), "ImagePath");
	cr_assert_str_eq(winhv, "System32\\drivers\\winhv.sys");
	storflt = text_at(after, SERVICE("storflt"), "ImagePath");
	cr_assert_str_eq(storflt, "E:\\vmstorfl.sys");
	cr_assert(noted(&notes.warnings, "'E:\\vmstorfl.sys'"));
	edit_notes_done(&notes);
	cr_assert_null(edited(after, &server_2019, &notes));
	edit_notes_done(&notes);
}

/* It ships on demand; nothing on the way to the disk needs it. */
Test(system_drivers, vpci_is_only_not_disabled_nor_demoted)
{
	static const uint32_t starts[][2] = {{0, 0}, {1, 1}, {3, 3}, {4, 3}};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		CLEANUP_HIVE struct hive *hive = hive_made(), *after = NULL;
		struct edit_notes notes = EDIT_NOTES_INIT;
		CLEANUP_FREE char *path = NULL;

		made_dword(hive, SERVICE("vpci"), "Start", starts[i][0]);
		made_text(hive, SERVICE("vpci"), "ImagePath",
			  "\\SystemRoot\\System32\\drivers\\vpci.sys");
		made_dword(hive, SERVICE("vpci\\StartOverride"), "0", 3);
		after = edited(hive, &server_2019, &notes);
		cr_assert_eq(dword_at(after, SERVICE("vpci"), "Start"), starts[i][1]);
		cr_assert_eq(hive_find(after, 0, SERVICE("vpci\\StartOverride")), 0);
		path = text_at(after, SERVICE("vpci"), "ImagePath");
		cr_assert_str_eq(path, "\\SystemRoot\\System32\\drivers\\vpci.sys");
		edit_notes_done(&notes);
	}
}

/* On Hyper-V there is no such controller. */
Test(system_drivers, storahci_is_a_boot_driver_where_the_disk_is_on_sata)
{
	for (int has_sata = 0; has_sata < 2; has_sata++) {
		CLEANUP_HIVE struct hive *hive = hive_made(), *after = NULL;
		CLEANUP_EDIT_NOTES struct edit_notes notes = EDIT_NOTES_INIT;
		struct hive_owner owner = server_2019;

		owner.has_sata = has_sata;
		made_dword(hive, SERVICE("storvsc"), "Start", 3);
		made_dword(hive, SERVICE("storahci"), "Start", 0);
		made_dword(hive, SERVICE("storahci\\StartOverride"), "0", 3);
		after = edited(hive, &owner, &notes);
		cr_assert_eq(hive_find(after, 0, SERVICE("storahci\\StartOverride")) == 0,
			     has_sata == 1);
		cr_assert_eq(dword_at(after, SERVICE("storvsc"), "Start"), 0);
	}
}

/* The volume holds one file. */
static bool is_the_file(void *context, const char *path)
{
	return strcasecmp(context, path) == 0;
}

Test(system_drivers, a_missing_file_is_warned_about)
{
	char there[] = "\\Windows\\System32\\drivers\\vmbus.sys";
	struct hive_owner owner = server_2019;
	CLEANUP_HIVE struct hive *hive = hive_made(), *after = NULL;
	struct edit_notes notes = EDIT_NOTES_INIT;

	owner.has_file = is_the_file;
	owner.context = there;
	made_dword(hive, SERVICE("vmbus"), "Start", 0);
	made_dword(hive, SERVICE("storvsc"), "Start", 3);
	made_dword(hive, SERVICE("storflt"), "Start", 0);
	made_text(hive, SERVICE("storflt"), "ImagePath", "System32\\drivers\\vmstorfl.sys");
	made_dword(hive, "ControlSet002\\Services\\storflt", "Start", 0);
	after = edited(hive, &owner, &notes);
	cr_assert_not(noted(&notes.warnings, "vmbus.sys"));
	cr_assert(noted(&notes.warnings, "its file storvsc.sys is missing"));
	cr_assert(noted(&notes.warnings, "its file vmstorfl.sys is missing"));
	cr_assert_not(noted(&notes.warnings, "its file storflt.sys is missing"));
	edit_notes_done(&notes);
}
