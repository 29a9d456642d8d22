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

void report_head_json(json_t *root, bool is_dry_run, enum sandbox_state sandbox,
		      const struct error *failure)
{
	json_object_set_new(root, "schema", json_integer(REPORT_SCHEMA));
	json_object_set_new(root, "tool", text_json("hvgen2 " HVGEN2_VERSION));
	json_object_set_new(root, "dry_run", json_boolean(is_dry_run));
	json_object_set_new(root, "sandbox", text_json(sandbox_text(sandbox)));
	json_object_set_new(root, "convertible", json_boolean(!failure));
	if (failure)
		json_object_set_new(root, failure->kind == ERROR_REFUSED ? "refusal" : "error",
				    failure_object(failure));
}
