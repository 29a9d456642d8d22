/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a VM is not done: see problem.h. */
#include "convert/cmd/batch/problem.h"

#include "common/json/text_json.h"
#include "common/safe_text.h"

void problem_print(const struct batch_vm *vm, FILE *stream)
{
	CLEANUP_JSON json_t *problem = batch_vm_problem(vm);
	const char *id = record_text(problem, "id"), *advice = record_text(problem, "advice");

	safe_printf(stream, "%s", vm_state_text(vm->state));
	if (*id)
		safe_printf(stream, " [%s]", id);
	if (batch_vm_is_missing(vm))
		safe_printf(stream, ", outputs missing%s",
			    batch_vm_has_source(vm) ? " (run --force makes them again)" : "");
	if (problem)
		safe_printf(stream, ": %s", record_text(problem, "message"));
	if (*advice)
		safe_printf(stream, "; %s", advice);
}

void problems_print(const struct batch *batch, FILE *stream)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct batch_vm *vm = &batch->vms[i];

		if (vm->state != VM_REFUSED && vm->state != VM_FAILED && !vm->torn)
			continue;
		safe_printf(stream, "%s: ", vm->name);
		problem_print(vm, stream);
		safe_printf(stream, "\n");
	}
}

void problem_set(json_t *object, const struct batch_vm *vm)
{
	CLEANUP_JSON json_t *problem = batch_vm_problem(vm);

	json_object_set_new(object, "state", json_string(vm_state_text(vm->state)));
	if (problem)
		json_object_set(object, vm->state == VM_REFUSED ? "refusal" : "error", problem);
	if (batch_vm_is_missing(vm))
		json_object_set_new(object, "output_missing", json_true());
}

/* A VM that is to be planned, as the others are: a new reference. */
static json_t *unplanned_object(const json_t *draft)
{
	CLEANUP_FREE char *name = record_path(draft, "name"), *path = record_path(draft, "path");
	json_t *object = json_object();

	if (name)
		text_json_set_path(object, "name", name);
	if (path)
		text_json_set_path(object, "path", path);
	json_object_set_new(object, "state", json_string("unplanned"));
	return object;
}

void damage_set(json_t *object, const struct batch *batch)
{
	const char *path;
	json_t *text, *list;

	if (json_object_size(batch->damaged) == 0)
		return;
	list = json_array();
	json_object_foreach(batch->damaged, path, text) json_array_append(list, text);
	json_object_set_new(object, "damaged", list);
}

void vms_set(json_t *object, const struct batch *batch,
	     json_t *(*vm_object)(const struct batch_vm *vm))
{
	json_t *vms = json_array();

	for (size_t i = 0; i < batch->count; i++)
		json_array_append_new(vms, vm_object(&batch->vms[i]));
	for (size_t i = 0; batch_unplanned(batch, i); i++)
		json_array_append_new(vms, unplanned_object(batch_unplanned(batch, i)));
	json_object_set_new(object, "vms", vms);
	damage_set(object, batch);
}
