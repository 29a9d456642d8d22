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

/* Does the failure say something about the source? What is in the way of an output, or a folder that takes none, does not. */
static bool is_about_source(const struct error *failure)
{
	return failure->kind == ERROR_DAMAGED ||
	       (failure->kind == ERROR_REFUSED && failure->refusal != REFUSAL_OUTPUT_EXISTS);
}

void report_head_json(json_t *root, const struct report_head *head)
{
	const struct error *failure = head->failure;
	bool is_refuted = failure && is_about_source(failure);

	json_object_set_new(root, "schema", json_integer(REPORT_SCHEMA));
	json_object_set_new(root, "tool", text_json("hvgen2 " HVGEN2_VERSION));
	json_object_set_new(root, "dry_run", json_boolean(head->is_dry_run));
	json_object_set_new(root, "sandbox", text_json(sandbox_text(head->sandbox)));
	json_object_set_new(root, "status", text_json(status_text(head)));
	if (head->seconds > 0)
		json_object_set_new(root, "seconds", json_real(head->seconds));
	if (is_refuted || !failure || head->is_convertible)
		json_object_set_new(root, "convertible", json_boolean(!is_refuted));
	if (failure)
		json_object_set_new(root, failure->kind == ERROR_REFUSED ? "refusal" : "error",
				    failure_object(failure));
}
