/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of what was changed. Edits of volumes are tested with the volumes. */
#include <criterion/criterion.h>
#include <errno.h>

#include "convert/edit.h"

Test(edit, a_change_takes_its_details)
{
	CLEANUP(edits_done) struct edits edits = {.changes = NULL};
	CLEANUP_NOTES struct note_list details = {.texts = NULL};
	struct error err = ERROR_INIT;

	note_add(&details, "what");
	cr_assert_eq(edits_add(&edits, 2, "$Boot", &details, &err), 0);
	cr_assert_eq(edits.count, 1);
	cr_assert_eq(edits.changes[0].partition, 2);
	cr_assert_str_eq(edits.changes[0].path, "$Boot");
	cr_assert_str_eq(edits.changes[0].details.texts[0], "what");
	cr_assert_eq(details.count, 0, "the details were taken");
}

Test(edit, details_with_a_missing_sentence_are_refused)
{
	CLEANUP(edits_done) struct edits edits = {.changes = NULL};
	struct note_list details = {.failed = true};
	struct error err = ERROR_INIT;

	cr_assert_eq(edits_add(&edits, 2, "$Boot", &details, &err), -ENOMEM);
	cr_assert_eq(edits.count, 0);
	cr_assert_eq(err.kind, ERROR_FAILED);
}
