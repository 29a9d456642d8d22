/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The report as JSON, also when memory runs out at any of its pieces: whole, or none. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>

#include "convert/report/report.h"

static unsigned int allocations, fails_at;

static void *failing_malloc(size_t size)
{
	return ++allocations == fails_at ? NULL : malloc(size);
}

/* 'warnings' must be there, whole. */
static void assert_whole(const char *text)
{
	json_t *root = json_loads(text, 0, NULL);
	json_t *warnings = json_object_get(root, "warnings");

	cr_assert_not_null(root, "allocation %u: %s", fails_at, text);
	cr_assert_eq(json_array_size(warnings), 2, "allocation %u", fails_at);
	cr_assert_str_eq(json_string_value(json_array_get(warnings, 1)), "second");
	cr_assert_eq(json_array_size(json_object_get(root, "dropped")), 1);
	json_decref(root);
}

Test(report_json, no_sentence_is_lost_when_memory_runs_out)
{
	struct survey survey = {.start = SURVEY_NONE, .system = SURVEY_NONE};
	CLEANUP_PLAN struct plan plan = {.layout = LAYOUT_FRONT};
	struct report report = {.source_path = "vm.vhdx", .survey = &survey, .plan = &plan};
	unsigned int whole = 0, none = 0;

	note_add(&plan.dropped, "the MBR");
	note_add(&plan.warnings, "first");
	note_add(&plan.warnings, "second");
	json_set_alloc_funcs(failing_malloc, free);
	do {
		CLEANUP_FREE char *text = NULL;

		allocations = 0;
		fails_at++;
		text = report_json(&report);
		whole += text != NULL;
		none += text == NULL;
		if (text) {
			unsigned int at = fails_at;

			fails_at = 0;
			assert_whole(text);
			fails_at = at;
		}
	} while (allocations >= fails_at);
	cr_assert_gt(whole, 0);
	cr_assert_gt(none, 3, "only %u of %u allocations were missed", none, fails_at);
}
