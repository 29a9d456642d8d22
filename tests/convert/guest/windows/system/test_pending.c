/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Updates that wait for a restart are warned about, once. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/checked.h"
#include "system_hive.h"

TestSuite(system_pending);

#define MANAGER(set) "ControlSet00" #set "\\Control\\Session Manager"

static size_t warnings_of(struct hive *hive, const char *elsewhere, const char *wanted)
{
	CLEANUP_EDIT_NOTES struct edit_notes notes = EDIT_NOTES_INIT;
	struct hive_owner owner = server_2019;
	size_t count = 0;

	owner.is_server = false;
	owner.pending = elsewhere;
	cr_assert_null(edited(hive, &owner, &notes));
	if (wanted)
		cr_assert(noted(&notes.warnings, wanted));
	for (size_t i = 0; i < notes.warnings.count; i++)
		count += strstr(notes.warnings.texts[i], "pending") != NULL;
	return count;
}

Test(system_pending, what_waits_is_named)
{
	CLEANUP_HIVE struct hive *hive = hive_made();

	made_multi(hive, MANAGER(1), "SetupExecute", "");
	made_multi(hive, MANAGER(1), "PendingFileRenameOperations", "");
	made_multi(hive, MANAGER(2), "PendingFileRenameOperations", "\\??\\C:\\x");
	cr_assert_eq(warnings_of(hive, "", NULL), 0);
	cr_assert_eq(warnings_of(hive, "RebootPending", "(RebootPending): start the old VM once"),
		     1);
	made_multi(hive, MANAGER(1), "PendingFileRenameOperations", "\\??\\C:\\x||");
	cr_assert_eq(warnings_of(hive, "", "(PendingFileRenameOperations)"), 1);
	cr_assert_eq(warnings_of(hive, "RebootPending",
				 "(RebootPending, PendingFileRenameOperations)"),
		     1);
	made_multi(hive, MANAGER(1), "PendingFileRenameOperations", "");
	made_multi(hive, MANAGER(1), "SetupExecute", "poqexec.exe");
	cr_assert_eq(warnings_of(hive, "", "(SetupExecute)"), 1);
}
