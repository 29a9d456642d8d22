/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The SAN policy: who is warned, and what the option sets. */
#include <criterion/criterion.h>

#include "common/checked.h"
#include "system_hive.h"

TestSuite(system_san);

#define PARAMETERS(set) "ControlSet00" #set "\\Services\\partmgr\\Parameters"

/* Policy 0 is none. */
static const struct {
	uint32_t policy;
	bool is_server, is_warned;
} samples[] = {
	{0, true, true}, {1, true, false},  {2, true, true},   {3, true, true},	 {4, true, true},
	{9, true, true}, {0, false, false}, {1, false, false}, {2, false, true}, {3, false, true},
};

Test(system_san, offline_disks_are_warned_about)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		CLEANUP_HIVE struct hive *hive = hive_made();
		CLEANUP_EDIT_NOTES struct edit_notes notes = EDIT_NOTES_INIT;
		struct hive_owner owner = server_2019;

		owner.is_server = samples[i].is_server;
		made_key(hive, "ControlSet001");
		made_dword(hive, PARAMETERS(2), "SanPolicy", 3);
		if (samples[i].policy)
			made_dword(hive, PARAMETERS(1), "SanPolicy", samples[i].policy);
		cr_assert_null(edited(hive, &owner, &notes));
		cr_assert_eq(noted(&notes.warnings, "SAN policy"), samples[i].is_warned, "%zu", i);
		cr_assert_eq(noted(&notes.warnings, "offline"), samples[i].is_warned, "%zu", i);
	}
}

Test(system_san, the_option_sets_every_control_set)
{
	CLEANUP_HIVE struct hive *hive = hive_made(), *after = NULL;
	CLEANUP_EDIT_NOTES struct edit_notes notes = EDIT_NOTES_INIT, none = EDIT_NOTES_INIT;
	struct hive_owner owner = server_2019;

	owner.online_data_disks = true;
	made_key(hive, "ControlSet001");
	made_dword(hive, PARAMETERS(2), "SanPolicy", 3);
	made_dword(hive, PARAMETERS(3), "SanPolicy", 1);
	after = edited(hive, &owner, &notes);
	cr_assert_not_null(after);
	cr_assert_eq(dword_at(after, PARAMETERS(1), "SanPolicy"), 1);
	cr_assert_eq(dword_at(after, PARAMETERS(2), "SanPolicy"), 1);
	cr_assert_eq(dword_at(after, PARAMETERS(3), "SanPolicy"), 1);
	cr_assert_eq(notes.changed.count, 2);
	cr_assert_not(noted(&notes.warnings, "SAN policy"));
	cr_assert_null(edited(after, &owner, &none));
}
