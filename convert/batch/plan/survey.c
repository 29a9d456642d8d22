/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The survey of a VM: see survey.h. */
#include "convert/batch/plan/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/checked.h"
#include "common/guid.h"
#include "common/json/text_json.h"
#include "convert/batch/plan/arguments.h"
#include "convert/batch/state/record.h"
#include "convert/batch/state/state.h"

/* A report has some 100 KiB. */
#define MAX_REPORT (32 * MIB)
#define MAX_ERRORS (8 * KIB)

/* Of all names of plans. */
#define PLAN_SPACE GUID(0x6d6c9d3b, 0x1f5e, 0x4c6a, 0x9a55, 0x5b0e21f7c3d4)

/* Two plans with one id give the same bytes. */
static void set_id(json_t *draft)
{
	CLEANUP_FREE char *text = json_dumps(draft, JSON_COMPACT | JSON_SORT_KEYS);
	char id_text[GUID_TEXT_SIZE];
	struct guid id;

	if (!text)
		return;
	id = guid_from_name(&PLAN_SPACE, text, strlen(text));
	json_object_set_new(draft, "plan", json_string(guid_format(&id, id_text)));
}

/* Where the files of a VM are is looked up again only when its configuration has changed. */
static json_t *files_of_vm(const json_t *vm)
{
	return json_pack("{sOsO}", "files", json_object_get(vm, "files"), "kept",
			 json_object_get(vm, "kept"));
}

json_t *survey_draft(const struct input *input)
{
	json_t *draft = json_object();

	json_object_set_new(draft, "schema", json_integer(BATCH_SCHEMA));
	text_json_set_path(draft, "name", input->name);
	text_json_set_path(draft, "path", input->path);
	json_object_set_new(draft, "options",
			    input->options ? json_deep_copy(input->options) : json_object());
	if (input->vm)
		json_object_set_new(draft, "vm", files_of_vm(input->vm));
	json_object_set_new(draft, "outputs", json_deep_copy(input->outputs));
	json_object_set_new(draft, "sources",
			    input->sources ? json_deep_copy(input->sources) : json_array());
	set_id(draft);
	if (json_object_get(draft, "plan"))
		return draft;
	json_decref(draft);
	return NULL;
}

int survey_start(const json_t *draft, struct child *child, struct error *err)
{
	CLEANUP_ARGUMENTS struct arguments arguments = {.count = 0};

	arguments_convert(&arguments, draft);
	arguments_add(&arguments, "--dry-run");
	arguments_add(&arguments, "--force"); /* what stands there is for later */
	arguments_add(&arguments, "--json");
	arguments_source(&arguments, draft);
	return arguments.failed ? error_failed(err, E2BIG, "too many options, or out of memory")
				: child_start(child, arguments.list, err);
}

static json_t *error_object(int exit_status, const char *message)
{
	json_t *object = json_object();

	json_object_set_new(object, "exit_status", json_integer(exit_status));
	json_object_set_new(object, "message", text_json(message));
	return object;
}

void survey_fail(json_t *draft, const struct error *problem)
{
	json_object_set_new(draft, "verdict", json_string("failed"));
	json_object_set_new(draft, "error", error_object((int)problem->kind, problem->message));
	if (problem->code == ENOENT)
		json_object_set_new(json_object_get(draft, "error"), "advice",
				    json_string("look at its path, and whether its file system is "
						"mounted, and run again"));
}

/* The last line without what stands in front of every message. */
static char *last_line(struct child *child)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	char *line, *end;

	if (child_read(child->errors, MAX_ERRORS, &text, NULL) < 0)
		return NULL;
	line = (char *)text.data;
	end = line + strlen(line);
	while (end > line && end[-1] == '\n')
		*--end = '\0';
	end = strrchr(line, '\n');
	line = end ? end + 1 : line;
	if (strncmp(line, "hvgen2: ", 8) == 0)
		line += 8;
	return strdup(line);
}

json_t *survey_problem(const json_t *report, struct child *child, int status)
{
	json_t *error = json_object_get(report, "error"), *object = json_object();
	CLEANUP_FREE char *line = NULL, *message = NULL;
	char how[64];

	if (json_object_get(report, "refusal")) {
		json_object_set(object, "refusal", json_object_get(report, "refusal"));
		return object;
	}
	if (WIFEXITED(status) && error) {
		json_decref(object);
		return json_deep_copy(error);
	}
	line = last_line(child);
	child_end_text(status, how);
	if (WIFEXITED(status) && line && *line)
		message = strdup(line);
	else if (asprintf(&message, "the process that reads it ended with %s", how) < 0)
		message = NULL;
	json_decref(object);
	return error_object(WIFEXITED(status) ? WEXITSTATUS(status) : ERROR_FAILED, message);
}

static json_t *partitions_of(const json_t *side)
{
	static const char *const kept[] = {"start_lba",	 "sectors",	"type",	  "role",
					   "filesystem", "has_windows", "has_bcd"};
	json_t *list = json_array(), *from = json_object_get(side, "partitions"), *object;

	for (size_t i = 0; i < json_array_size(from); i++) {
		object = json_object();
		for (size_t j = 0; j < ARRAY_SIZE(kept); j++)
			if (json_object_get(json_array_get(from, i), kept[j]))
				json_object_set(object, kept[j],
						json_object_get(json_array_get(from, i), kept[j]));
		json_array_append_new(list, object);
	}
	return list;
}

static void keep_side(json_t *draft, const json_t *report, const char *key)
{
	const json_t *side = json_object_get(report, key);
	json_t *kept;

	if (!side)
		return;
	kept = json_object();
	json_object_set(kept, "size", json_object_get(side, "size"));
	json_object_set_new(kept, "partitions", partitions_of(side));
	if (json_object_get(side, "layout")) {
		json_object_set(kept, "layout", json_object_get(side, "layout"));
		json_object_set(kept, "image", json_object_get(side, "image"));
	}
	json_object_set_new(draft, key, kept);
}

/* The name of what is installed; of a Linux whose root cannot be read it is not known. */
static void keep_product(json_t *draft, const json_t *report, const char *system,
			 const char *unknown)
{
	const json_t *object = json_object_get(report, system);
	const char *product = json_string_value(json_object_get(object, "product"));

	if (product && *product)
		json_object_set(draft, system, json_object_get(object, "product"));
	else if (object && unknown)
		json_object_set_new(draft, system, json_string(unknown));
}

static void keep_report(json_t *draft, const json_t *report)
{
	const json_t *space = json_object_get(report, "space");
	const json_t *source = json_object_get(report, "source");

	keep_product(draft, report, "windows", NULL);
	keep_product(draft, report, "linux", "Linux");
	if (json_object_get(source, "image"))
		json_object_set(draft, "image", json_object_get(source, "image"));
	keep_side(draft, report, "before");
	keep_side(draft, report, "after");
	if (!space)
		return;
	json_object_set(draft, "stored", json_object_get(space, "stored"));
	json_object_set(draft, "needed", json_object_get(space, "needed"));
}

int survey_finish(json_t *draft, struct child *child, struct error *err)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	CLEANUP_JSON json_t *report = NULL, *problem = NULL;
	int status = child_wait(child), r = child_read(child->output, MAX_REPORT, &text, err);

	if (r < 0)
		return r;
	report = json_loadb((const char *)text.data, text.size, 0, NULL);
	json_object_set_new(draft, "tool", json_string("hvgen2 " HVGEN2_VERSION));
	keep_report(draft, report);
	if (status == 0 && report && json_object_get(draft, "needed")) {
		json_object_set_new(draft, "verdict", json_string("planned"));
		return 0;
	}
	problem = survey_problem(report, child, status);
	if (json_object_get(problem, "refusal")) {
		json_object_set_new(draft, "verdict", json_string("refused"));
		json_object_set(draft, "refusal", json_object_get(problem, "refusal"));
		return 0;
	}
	json_object_set_new(draft, "verdict", json_string("failed"));
	json_object_set(draft, "error", problem);
	return 0;
}

bool survey_is_stale(const json_t *record)
{
	const json_t *error = json_object_get(record, "error");
	const json_t *refusal = json_object_get(record, "refusal");
	uint64_t status = record_number(error, "exit_status");

	if (strcmp(record_text(record, "verdict"), "planned") == 0)
		return false;
	if (strcmp(record_text(record, "tool"), "hvgen2 " HVGEN2_VERSION) != 0)
		return true;
	if (error)
		return status != ERROR_DAMAGED; /* what stands in the way of a name may go */
	/* A disk that is no longer in use need not look different. */
	return !refusal || strcmp(record_text(refusal, "id"), refusal_id(REFUSAL_IN_USE)) == 0;
}
