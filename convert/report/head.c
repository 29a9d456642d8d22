/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every report in JSON begins with: see head.h. */
#include "convert/report/head.h"

#include "common/json/text_json.h"

static json_t *failure_object(const struct error *failure)
{
	json_t *object = json_object();

	if (failure->kind == ERROR_REFUSED)
		json_object_set_new(object, "id", text_json(refusal_id(failure->refusal)));
	else
		json_object_set_new(object, "exit_status", json_integer(failure->kind));
	json_object_set_new(object, "message", text_json(failure->message));
	if (*failure->advice)
		json_object_set_new(object, "advice", text_json(failure->advice));
	return object;
}

static const char *status_text(const struct report_head *head)
{
	if (!head->failure)
		return head->is_dry_run ? "planned" : "done";
	return head->failure->kind == ERROR_REFUSED ? "refused" : "failed";
}

/*
 * Refusals that another wish, file or moment answers in every case, with the same source: it may well be convertible. Of others the
 * error knows it (error_of_wish()), or they say that the source, as it is, is not.
 */
static const bool is_of_wish[REFUSAL_MAX] = {
	/* What stands where the outputs go, and what is given for the store and the ESP. */
	[REFUSAL_OUTPUT_EXISTS] = true,
	[REFUSAL_NVRAM_ENCRYPTED] = true,
	[REFUSAL_ENTRIES_LOST] = true,
	[REFUSAL_SETTING_NOT_IN_STORE] = true,
	[REFUSAL_EXPERIMENTAL] = true,
	[REFUSAL_ESP_TOO_SMALL] = true,
	/* Another program has it open, for now. */
	[REFUSAL_IN_USE] = true,
	/* Which one is meant was not said. */
	[REFUSAL_SEVERAL_WINDOWS] = true,
	[REFUSAL_SEVERAL_SYSTEMS] = true,
	[REFUSAL_SEVERAL_VMS] = true,
	/* Another target or name can be had. */
	[REFUSAL_TARGET_UNSUPPORTED] = true,
	[REFUSAL_VM_HAS_CHECKPOINTS] = true,
	[REFUSAL_VM_NAME] = true,
};

/* Does it say something about the source? A folder that takes no output, or a template, does not. */
static bool is_about_source(const struct error *problem)
{
	if (!problem || problem->is_of_wish)
		return false;
	return problem->kind == ERROR_DAMAGED ||
	       (problem->kind == ERROR_REFUSED && !is_of_wish[problem->refusal]);
}

void report_head_json(json_t *root, const struct report_head *head)
{
	const struct error *failure = head->failure;
	bool is_refuted =
		(!head->is_elsewhere && is_about_source(failure)) || is_about_source(head->doubt);

	json_object_set_new(root, "schema", json_integer(REPORT_SCHEMA));
	json_object_set_new(root, "tool", text_json("hvgen2 " HVGEN2_VERSION));
	json_object_set_new(root, "dry_run", json_boolean(head->is_dry_run));
	json_object_set_new(root, "sandbox", text_json(sandbox_text(head->sandbox)));
	json_object_set_new(root, "status", text_json(status_text(head)));
	if (head->seconds > 0)
		json_object_set_new(root, "seconds", json_real(head->seconds));
	if (is_refuted || (!failure && !head->doubt) || head->is_convertible)
		json_object_set_new(root, "convertible", json_boolean(!is_refuted));
	if (failure)
		json_object_set_new(root, failure->kind == ERROR_REFUSED ? "refusal" : "error",
				    failure_object(failure));
}
