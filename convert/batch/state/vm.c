/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One VM of a batch: see vm.h. */
#include "convert/batch/state/vm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/json/text_json.h"

static const char *const state_texts[VM_STATE_MAX] = {
	[VM_PLANNED] = "planned",   [VM_INTERRUPTED] = "interrupted", [VM_FAILED] = "failed",
	[VM_RUNNING] = "running",   [VM_REFUSED] = "refused",	      [VM_DONE] = "done",
	[VM_VERIFIED] = "verified",
};

const char *vm_state_text(enum vm_state state)
{
	return state_texts[state];
}

enum vm_state vm_state_parse(const char *text)
{
	enum vm_state state = VM_PLANNED;

	while (state < VM_STATE_MAX && strcmp(text, state_texts[state]) != 0)
		state++;
	return state;
}

void claim_view_done(struct claim_view *view)
{
	free(view->host);
	*view = (struct claim_view){.host = NULL};
}

void batch_vm_done(struct batch_vm *vm)
{
	free(vm->name);
	free(vm->path);
	json_decref(vm->record);
	json_decref(vm->attempts);
	claim_view_done(&vm->claim);
	*vm = (struct batch_vm){.name = NULL};
}

char *batch_vm_output(const struct batch_vm *vm, const char *role)
{
	return record_path(json_object_get(vm->record, "outputs"), role);
}

const char *batch_vm_system(const struct batch_vm *vm)
{
	const char *windows = record_text(vm->record, "windows");

	return *windows ? windows : record_text(vm->record, "linux");
}

static bool is_there(const struct batch_vm *vm, const char *role)
{
	CLEANUP_FREE char *path = batch_vm_output(vm, role);
	struct stat st;

	return path && lstat(path, &st) == 0;
}

/* An attempt says that it runs until it says how it ended: while it holds the claim, and nobody knows better. */
static enum vm_state attempt_state(const struct batch_vm *vm, const json_t *attempt)
{
	enum vm_state state = vm_state_parse(record_text(attempt, "state"));
	bool holds_claim = strcmp(record_text(attempt, "token"), vm->claim.token) == 0;

	if (state != VM_RUNNING)
		return state == VM_STATE_MAX ? VM_INTERRUPTED : state;
	return holds_claim && !vm->claim.is_dead ? VM_RUNNING : VM_INTERRUPTED;
}

static enum vm_state verdict_state(const struct batch_vm *vm)
{
	enum vm_state state = vm_state_parse(record_text(vm->record, "verdict"));

	return state == VM_REFUSED || state == VM_FAILED ? state : VM_PLANNED;
}

static bool is_of_plan(const struct batch_vm *vm, const json_t *attempt)
{
	return strcmp(record_text(attempt, "plan"), record_text(vm->record, "plan")) == 0;
}

/* Another plan has replaced what this one made. */
static bool has_replaced(const struct batch_vm *vm, const json_t *attempt)
{
	return !is_of_plan(vm, attempt) && json_is_true(json_object_get(attempt, "replace")) &&
	       attempt_state(vm, attempt) >= VM_DONE;
}

/* Results of attempts before this one are not what they were taken for, or no more there. */
static uint64_t superseding_serial(const struct batch_vm *vm)
{
	uint64_t serial = 0;
	const char *token;
	json_t *attempt;

	json_object_foreach(vm->attempts, token, attempt)
	{
		bool supersedes = is_of_plan(vm, attempt) &&
				  json_is_true(json_object_get(attempt, "supersedes"));

		if ((supersedes || has_replaced(vm, attempt)) &&
		    record_number(attempt, "serial") > serial)
			serial = record_number(attempt, "serial");
	}
	return serial;
}

bool batch_vm_is_missing(const struct batch_vm *vm)
{
	const json_t *outputs = json_object_get(vm->record, "outputs");
	bool is_missing = false;
	const char *role;

	for (size_t i = 0; vm->state >= VM_DONE && (role = record_role(outputs, i)); i++)
		is_missing |= !is_there(vm, role);
	return is_missing;
}

bool batch_vm_is_disk_missing(const struct batch_vm *vm)
{
	return vm->state >= VM_DONE && !is_there(vm, "disk");
}

bool batch_vm_has_source(const struct batch_vm *vm)
{
	const json_t *sources = json_object_get(vm->record, "sources");
	bool is_whole = true;
	struct stat st;

	for (size_t i = 0; i < json_array_size(sources); i++) {
		CLEANUP_FREE char *path = record_path(json_array_get(sources, i), "path");

		is_whole &= !path || lstat(path, &st) == 0 || errno != ENOENT;
	}
	return is_whole;
}

uint64_t batch_vm_next_serial(const struct batch_vm *vm)
{
	uint64_t serial = 0;
	const char *token;
	json_t *attempt;

	json_object_foreach(vm->attempts, token,
			    attempt) if (record_number(attempt, "serial") > serial) serial =
		record_number(attempt, "serial");
	return serial < INT32_MAX ? serial + 1 : serial;
}

static void fold_attempt(struct batch_vm *vm, const json_t *attempt, uint64_t superseding,
			 bool *has_old_result)
{
	uint64_t serial = record_number(attempt, "serial");
	enum vm_state state = attempt_state(vm, attempt);

	if (!is_of_plan(vm, attempt)) {
		*has_old_result |= state >= VM_DONE;
		return;
	}
	vm->failures += state == VM_FAILED;
	if (state < vm->state || (state == vm->state && state == VM_PLANNED))
		return;
	if (state >= VM_DONE && serial < superseding)
		return;
	if (state == vm->state && vm->last && serial < record_number(vm->last, "serial"))
		return;
	vm->state = state;
	vm->last = attempt;
}

static bool has_journal(const json_t *attempt)
{
	CLEANUP_FREE char *stage = record_path(attempt, "stage"), *journal = NULL;
	struct stat st;

	if (!stage || asprintf(&journal, "%s/" STAGE_JOURNAL, stage) < 0) {
		journal = NULL;
		return false;
	}
	return lstat(journal, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* Of whatever plan: what it has replaced is what stands there. */
static const json_t *torn_attempt(const struct batch_vm *vm)
{
	const char *token;
	json_t *attempt;

	json_object_foreach(vm->attempts, token, attempt) if (has_journal(attempt)) return attempt;
	return NULL;
}

static bool was_to_replace(const struct batch_vm *vm)
{
	return vm->last && json_is_true(json_object_get(vm->last, "replace")) &&
	       (vm->state == VM_FAILED || vm->state == VM_INTERRUPTED);
}

/* Found good or not since: then what stands there is of this plan. */
static bool has_result(const struct batch_vm *vm)
{
	bool is_any = false;
	const char *token;
	json_t *attempt;

	json_object_foreach(vm->attempts, token, attempt)
	{
		bool is_done = attempt_state(vm, attempt) >= VM_DONE;

		is_any |= is_of_plan(vm, attempt) && (is_done || json_object_get(attempt, "made"));
	}
	return is_any;
}

/* What nobody works on is not what its attempts say when files of an earlier result are there, or of two results. */
static void fold_files(struct batch_vm *vm, bool has_old_result)
{
	vm->torn = torn_attempt(vm);
	vm->is_in_the_way = vm->state < VM_RUNNING && has_old_result && !has_result(vm) &&
			    verdict_state(vm) == VM_PLANNED && is_there(vm, "disk");
	if (vm->torn && !(vm->state == VM_FAILED && was_to_replace(vm))) {
		vm->state = VM_INTERRUPTED;
		vm->last = vm->torn;
	} else if (vm->is_in_the_way && !was_to_replace(vm)) {
		vm->state = VM_REFUSED;
		vm->last = NULL;
	}
}

void batch_vm_fold(struct batch_vm *vm)
{
	uint64_t superseding = superseding_serial(vm);
	bool has_old_result = false, is_claimed = *vm->claim.token && !vm->claim.is_dead;
	const char *token;
	json_t *attempt;

	vm->state = verdict_state(vm);
	vm->failures = 0;
	vm->last = vm->torn = NULL;
	vm->is_in_the_way = false;
	json_object_foreach(vm->attempts, token, attempt)
		fold_attempt(vm, attempt, superseding, &has_old_result);
	/* Between the claim and the first word of its owner. */
	if (vm->state < VM_RUNNING && is_claimed)
		vm->state = VM_RUNNING;
	if (!is_claimed)
		fold_files(vm, has_old_result);
	vm->refusal = NULL;
	if (vm->state == VM_REFUSED && !vm->is_in_the_way)
		vm->refusal = json_object_get(vm->last ? vm->last : vm->record, "refusal");
}

bool batch_vm_is_open(const struct batch_vm *vm)
{
	bool is_certain = vm->state == VM_FAILED && vm->is_in_the_way;

	return vm->state <= VM_FAILED && !is_certain &&
	       strcmp(record_text(vm->record, "verdict"), "planned") == 0;
}

static json_t *in_the_way(const struct batch_vm *vm)
{
	CLEANUP_FREE char *disk = batch_vm_output(vm, "disk"), *message = NULL, *advice = NULL;
	CLEANUP_FREE char *names = record_outputs_text(json_object_get(vm->record, "outputs"));
	json_t *refusal = json_object();

	if (asprintf(&message, "'%s' was made of an earlier state of '%s', or with other options",
		     disk, vm->path) < 0)
		message = NULL;
	json_object_set_new(refusal, "id", json_string(refusal_id(REFUSAL_OUTPUT_EXISTS)));
	json_object_set_new(refusal, "message", text_json(message));
	if (asprintf(&advice,
		     "keep the outputs (%s), or move them away, or replace them with --force",
		     names) < 0)
		advice = NULL;
	json_object_set_new(refusal, "advice", text_json(advice));
	return refusal;
}

static json_t *torn_problem(const struct batch_vm *vm)
{
	CLEANUP_FREE char *stage = record_path(vm->torn, "stage"), *message = NULL;

	if (asprintf(
		    &message,
		    "whoever replaced its outputs was ended in the middle: some are old ones, and the "
		    "others of these are in '%s'",
		    stage ? stage : "") < 0)
		message = NULL;
	return json_pack("{si so ss}", "exit_status", ERROR_FAILED, "message", text_json(message),
			 "advice", "run the batch, which puts them back");
}

json_t *batch_vm_problem(const struct batch_vm *vm)
{
	const json_t *from = vm->last ? vm->last : vm->record;

	if (vm->state == VM_INTERRUPTED && vm->torn)
		return torn_problem(vm);
	if (vm->state == VM_REFUSED)
		return vm->is_in_the_way ? in_the_way(vm) : json_deep_copy(vm->refusal);
	return vm->state == VM_FAILED ? json_deep_copy(json_object_get(from, "error")) : NULL;
}
