/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Planning a batch: see plan.h. */
#include "convert/batch/plan/plan.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/safe_text.h"
#include "convert/batch/plan/choose.h"
#include "convert/batch/plan/identity.h"
#include "convert/batch/plan/members.h"
#include "convert/batch/plan/survey.h"

#define MAX_SURVEYS 16

static int out_of_memory(struct error *err)
{
	return error_failed(err, ENOMEM, "out of memory");
}

static bool has_path(const struct input_list *list, const char *path)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].path, path) == 0)
			return true;
	return false;
}

static int add_interrupted(struct input_list *list, const json_t *draft, struct error *err)
{
	CLEANUP_FREE char *path = record_path(draft, "path"), *name = record_path(draft, "name");

	if (!path || !name || has_path(list, path))
		return 0;
	return input_list_add(list, TAKE(path), TAKE(name),
			      json_deep_copy(json_object_get(draft, "options")))
		       ? 0
		       : out_of_memory(err);
}

/* What was to be planned when somebody was interrupted. */
static int gather_interrupted(const struct batch *batch, struct input_list *list, struct error *err)
{
	const json_t *draft;
	int r = 0;

	for (size_t i = 0; r == 0 && (draft = batch_unplanned(batch, i)); i++)
		r = add_interrupted(list, draft, err);
	return r;
}

static int gather(const struct batch *batch, const struct plan_request *request,
		  struct input_list *list, struct error *err)
{
	const struct teller teller = {request->note, request->opaque};
	int r = 0;

	for (size_t i = 0; r == 0 && request->lists[i]; i++)
		r = inputs_add_list(list, request->lists[i], request->known, err);
	if (r == 0)
		r = gather_interrupted(batch, list, err);
	for (size_t i = 0; r == 0 && request->inputs[i]; i++)
		r = inputs_add(list, request->inputs[i], &teller, err);
	return r;
}

/* Plans that are to be made. */
struct drafts {
	json_t **list;
	size_t count;
};

static void drafts_done(struct drafts *drafts)
{
	for (size_t i = 0; i < drafts->count; i++)
		json_decref(drafts->list[i]);
	free(drafts->list);
}

static int add_draft(struct drafts *drafts, json_t *draft, struct error *err)
{
	json_t **list =
		draft ? reallocarray(drafts->list, drafts->count + 1, sizeof(list[0])) : NULL;

	if (!list) {
		json_decref(draft);
		return out_of_memory(err);
	}
	drafts->list = list;
	list[drafts->count++] = draft;
	return 0;
}

static bool has_id_of(const json_t *record, const json_t *draft)
{
	return strcmp(record_text(record, "plan"), record_text(draft, "plan")) == 0;
}

/* Nothing, when the batch has this very plan. */
static int draft_input(const struct batch *batch, struct drafts *drafts, const struct input *input,
		       struct error *err)
{
	const struct batch_vm *vm = batch_find(batch, input->name);
	json_t *draft = survey_draft(input);

	if (batch_is_damaged(batch, input->name)) { /* nobody knows which VM has this name */
		json_decref(draft);
		return 0;
	}
	if (draft && !input->sources)
		survey_fail(draft, &input->problem);
	if (draft && vm && has_id_of(vm->record, draft) && !survey_is_stale(vm->record)) {
		json_decref(draft);
		return 0;
	}
	return add_draft(drafts, draft, err);
}

static void input_done(struct input *input)
{
	json_decref(input->vm);
	json_decref(input->outputs);
	json_decref(input->sources);
}

/* Of a VM that could be planned: then its disks are those that they were. */
static bool has_same_config(const struct batch_vm *vm)
{
	const json_t *before = json_object_get(vm->record, "sources");
	CLEANUP_JSON json_t *alone = json_pack("{s[O]}", "files", json_array_get(before, 0));
	CLEANUP_JSON json_t *now = NULL;

	return strcmp(record_text(vm->record, "verdict"), "planned") == 0 && alone &&
	       identity_read(vm->path, NULL, alone, &now, NULL) == 0 &&
	       json_equal(json_array_get(now, 0), json_array_get(before, 0));
}

/* What was planned, as it would be planned now. */
static int find_again(const struct batch_vm *vm, const struct choice *choice, struct input *ret,
		      struct error *err)
{
	json_t *planned = json_object_get(vm->record, "vm");

	*ret = (struct input){.path = vm->path,
			      .name = vm->name,
			      .options = json_object_get(vm->record, "options")};
	if (planned && !has_same_config(vm)) {
		ret->vm = members_read(choice->known, vm->path, ret->options);
		return input_name(ret, choice, err);
	}
	ret->vm = json_incref(planned);
	ret->outputs = json_incref(json_object_get(vm->record, "outputs"));
	return 0;
}

/* Has its source changed, or was it not the source that mattered? A source that is gone leaves what was planned. */
static int draft_again(struct drafts *drafts, const struct batch_vm *vm,
		       const struct choice *choice, struct error *err)
{
	CLEANUP(input_done) struct input input = {.path = NULL};
	json_t *draft;
	int r = find_again(vm, choice, &input, err);

	if (r < 0)
		return r;
	if (identity_read(vm->path, input.options, input.vm, &input.sources, NULL) < 0)
		return 0;
	draft = survey_draft(&input);
	if (draft && has_id_of(vm->record, draft) && !survey_is_stale(vm->record)) {
		json_decref(draft);
		return 0;
	}
	return add_draft(drafts, draft, err);
}

static bool is_drafted(const struct drafts *drafts, const char *name)
{
	for (size_t i = 0; i < drafts->count; i++) {
		CLEANUP_FREE char *drafted = record_path(drafts->list[i], "name");

		if (drafted && strcmp(drafted, name) == 0)
			return true;
	}
	return false;
}

static int draft_all(const struct batch *batch, const struct choice *choice,
		     const struct input_list *list, struct drafts *drafts, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = draft_input(batch, drafts, &list->items[i], err);
	for (size_t i = 0; r == 0 && i < batch->count; i++)
		if (!is_drafted(drafts, batch->vms[i].name))
			r = draft_again(drafts, &batch->vms[i], choice, err);
	return r;
}

/* Before the first survey, which may be interrupted: from now on the batch knows what it is about. */
static int put_inputs(const struct batch *batch, const struct drafts *drafts, struct error *err)
{
	CLEANUP_JSON json_t *root = json_object();
	json_t *list = json_array();

	for (size_t i = 0; i < drafts->count; i++) {
		CLEANUP_FREE char *name = record_path(drafts->list[i], "name");

		if (name && !batch_find(batch, name))
			json_array_append(list, drafts->list[i]);
	}
	json_object_set_new(root, "schema", json_integer(BATCH_SCHEMA));
	json_object_set_new(root, "drafts", list);
	return json_array_size(list) == 0
		       ? 0
		       : record_write(batch->fd, BATCH_PLANNING, root, /*once=*/false, err);
}

struct survey_job {
	struct child child;
	json_t *draft; /* borrowed; NULL: free */
};

static int put_plan(struct batch *batch, const struct plan_request *request, json_t *draft,
		    struct error *err)
{
	CLEANUP_FREE char *name = record_path(draft, "name");
	int r = batch_put_plan(batch, json_incref(draft), err);

	if (r == 0)
		batch_log(batch, "plan", name, record_text(draft, "verdict"));
	if (r == 0 && request->planned)
		request->planned(request->opaque, draft);
	return r;
}

static int finish_job(struct batch *batch, const struct plan_request *request,
		      struct survey_job *job, struct error *err)
{
	int r = survey_finish(job->draft, &job->child, err);

	if (r == 0)
		r = put_plan(batch, request, job->draft, err);
	child_done(&job->child);
	job->draft = NULL;
	return r;
}

static int start_job(struct survey_job *jobs, size_t count, json_t *draft, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (!jobs[i].draft) {
			jobs[i].draft = draft;
			return survey_start(draft, &jobs[i].child, err);
		}
	return 0;
}

/* Wait for the first of them to end. */
static int finish_one(struct batch *batch, const struct plan_request *request,
		      struct survey_job *jobs, size_t count, struct error *err)
{
	struct pollfd ends[MAX_SURVEYS];

	for (size_t i = 0; i < count; i++)
		ends[i] = (struct pollfd){.fd = jobs[i].child.end, .events = POLLIN};
	if (poll(ends, count, -1) < 0)
		return errno == EINTR ? 0 : error_errno(err, "cannot wait for a process");
	for (size_t i = 0; i < count; i++)
		if (jobs[i].draft && ends[i].revents)
			return finish_job(batch, request, &jobs[i], err);
	return 0;
}

static size_t count_busy(const struct survey_job *jobs, size_t count)
{
	size_t busy = 0;

	for (size_t i = 0; i < count; i++)
		busy += jobs[i].draft != NULL;
	return busy;
}

static int survey_all(struct batch *batch, const struct plan_request *request,
		      const struct drafts *drafts, struct error *err)
{
	struct survey_job jobs[MAX_SURVEYS];
	size_t most = request->jobs < MAX_SURVEYS ? request->jobs : MAX_SURVEYS, next = 0;
	int r = 0;

	for (size_t i = 0; i < MAX_SURVEYS; i++)
		jobs[i] = (struct survey_job){.child = CHILD_INIT};
	if (request->begin)
		request->begin(request->opaque, drafts->count);
	while (r == 0 && (next < drafts->count || count_busy(jobs, most) > 0)) {
		json_t *draft = next < drafts->count ? drafts->list[next] : NULL;

		if (draft && json_object_get(draft, "verdict")) {
			r = put_plan(batch, request, draft, err);
			next++;
		} else if (draft && count_busy(jobs, most) < most) {
			r = start_job(jobs, most, draft, err);
			next++;
		} else {
			r = finish_one(batch, request, jobs, most, err);
		}
	}
	for (size_t i = 0; i < MAX_SURVEYS; i++)
		child_done(&jobs[i].child);
	return r;
}

static int check_output_dir(const struct batch *batch, const char *folder, struct error *err)
{
	if (!batch->output_dir || strcmp(batch->output_dir, folder) == 0)
		return 0;
	return error_usage(err,
			   "option '--output-dir': the outputs of this batch go to '%s'; another "
			   "folder is another batch, or the column 'output-dir' of a --list",
			   batch->output_dir);
}

static char *find_output_dir(const struct batch *batch, const struct plan_request *request,
			     struct error *err)
{
	CLEANUP_FREE char *folder = NULL;

	if (!request->output_dir && batch->output_dir)
		return strdup(batch->output_dir);
	folder = batch_absolute(request->output_dir ? request->output_dir : ".", err);
	if (!folder || check_output_dir(batch, folder, err) < 0)
		return NULL;
	return TAKE(folder);
}

int plan_batch(struct batch *batch, const struct plan_request *request, struct error *err)
{
	CLEANUP_INPUTS struct input_list list = {.items = NULL};
	CLEANUP(drafts_done) struct drafts drafts = {.list = NULL};
	CLEANUP_FREE char *folder = find_output_dir(batch, request, err);
	const struct choice choice = {.known = request->known,
				      .folder = folder,
				      .note = request->note,
				      .opaque = request->opaque};
	int r = folder ? gather(batch, request, &list, err) : -EINVAL;

	if (r == 0 && batch->fd >= 0)
		r = batch_refresh(batch, err); /* what of the files here did we make? */
	if (r == 0)
		r = inputs_choose(batch, &choice, &list, err);
	if (r == 0)
		r = batch_create(batch, folder, err);
	if (r == 0)
		r = draft_all(batch, &choice, &list, &drafts, err);
	if (r == 0)
		r = put_inputs(batch, &drafts, err);
	if (r == 0)
		r = survey_all(batch, request, &drafts, err);
	if (r == 0 && unlinkat(batch->fd, BATCH_PLANNING, 0) == 0) {
		json_decref(batch->planning);
		batch->planning = NULL;
	}
	return r;
}
