/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of a VM is the best that any attempt says, whatever the order and whoever wrote last. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/batch/state/state.h"
#include "tests/support/scratch.h"

TestSuite(fold, .timeout = 60);

static struct batch_vm planned(const char *verdict)
{
	struct batch_vm vm = {.name = strdup("vm"), .path = strdup("/in/vm.vhdx")};

	vm.record = json_pack("{ss ss s{ss}}", "plan", "now", "verdict", verdict, "outputs", "disk",
			      "/none/vm-gen2.vhdx");
	vm.attempts = json_object();
	return vm;
}

static void add(struct batch_vm *vm, const char *token, const char *plan, const char *state)
{
	json_object_set_new(vm->attempts, token,
			    json_pack("{ss ss ss}", "token", token, "plan", plan, "state", state));
}

static enum vm_state fold(struct batch_vm *vm)
{
	enum vm_state state;

	batch_vm_fold(vm);
	state = vm->state;
	batch_vm_done(vm);
	return state;
}

/* A host that was frozen writes its word after all others. */
Test(fold, what_is_done_stays_done)
{
	static const char *const later[] = {"failed", "interrupted", "running", "refused",
					    "nonsense"};

	for (size_t i = 0; i < ARRAY_SIZE(later); i++)
		for (int order = 0; order < 2; order++) {
			struct batch_vm vm = planned("planned");

			add(&vm, order ? "b" : "a", "now", "done");
			add(&vm, order ? "a" : "b", "now", later[i]);
			cr_assert_eq(fold(&vm), VM_DONE, "done and %s", later[i]);
		}
}

Test(fold, the_order_of_the_states)
{
	static const char *const states[] = {"interrupted", "failed", "refused", "done",
					     "verified"};
	static const enum vm_state wanted[] = {VM_INTERRUPTED, VM_FAILED, VM_REFUSED, VM_DONE,
					       VM_VERIFIED};
	struct batch_vm vm = planned("planned");

	cr_assert_eq(fold(&vm), VM_PLANNED);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		vm = planned("planned");
		for (size_t j = 0; j <= i; j++) {
			char token[2] = {(char)('z' - (int)j), '\0'};

			add(&vm, token, "now", states[j]);
		}
		cr_assert_eq(fold(&vm), wanted[i], "%s", states[i]);
	}
}

Test(fold, it_runs_while_its_owner_has_the_claim)
{
	struct batch_vm vm = planned("planned");

	add(&vm, "mine", "now", "running");
	cr_assert_eq(fold(&vm), VM_INTERRUPTED);
	vm = planned("planned");
	add(&vm, "mine", "now", "running");
	strcpy(vm.claim.token, "mine");
	cr_assert_eq(fold(&vm), VM_RUNNING);
	vm = planned("planned");
	add(&vm, "mine", "now", "running");
	strcpy(vm.claim.token, "mine");
	vm.claim.is_dead = true;
	cr_assert_eq(fold(&vm), VM_INTERRUPTED);
	vm = planned("planned");
	strcpy(vm.claim.token, "somebody's");
	cr_assert_eq(fold(&vm), VM_RUNNING, "claimed, and no word yet");
}

Test(fold, the_verdict_of_the_plan)
{
	struct batch_vm vm = planned("refused");

	cr_assert_eq(fold(&vm), VM_REFUSED);
	vm = planned("failed");
	cr_assert_eq(fold(&vm), VM_FAILED);
	vm = planned("failed");
	batch_vm_fold(&vm);
	cr_assert_not(batch_vm_is_open(&vm), "what is damaged is not tried again");
	batch_vm_done(&vm);
	vm = planned("planned");
	add(&vm, "a", "now", "failed");
	batch_vm_fold(&vm);
	cr_assert(batch_vm_is_open(&vm), "what failed is");
	cr_assert_eq(vm.failures, 1);
	batch_vm_done(&vm);
}

/* Another state of the source: the old result counts only while it is in the way. */
Test(fold, of_an_earlier_plan)
{
	struct batch_vm vm = planned("planned");
	json_t *problem;

	add(&vm, "a", "before", "done");
	cr_assert_eq(fold(&vm), VM_PLANNED);
	file_write("vm-gen2.vhdx", "x", 1);
	vm = planned("planned");
	add(&vm, "a", "before", "done");
	json_object_set_new(json_object_get(vm.record, "outputs"), "disk",
			    json_string("vm-gen2.vhdx"));
	json_object_set_new(json_object_get(vm.record, "outputs"), "store", json_string("vm.vmgs"));
	batch_vm_fold(&vm);
	cr_assert_eq(vm.state, VM_REFUSED);
	cr_assert(vm.is_in_the_way);
	problem = batch_vm_problem(&vm);
	cr_assert_str_eq(record_text(problem, "id"), "output-exists");
	cr_assert_not_null(strstr(record_text(problem, "advice"), "('vm-gen2.vhdx', 'vm.vmgs')"),
			   "%s", record_text(problem, "advice"));
	json_decref(problem);
	add(&vm, "b", "now", "done");
	add(&vm, "c", "now", "failed"); /* when it was verified */
	json_object_set_new(json_object_get(vm.attempts, "c"), "supersedes", json_true());
	json_object_set_new(json_object_get(vm.attempts, "c"), "serial", json_integer(2));
	batch_vm_fold(&vm);
	cr_assert_eq(vm.state, VM_FAILED);
	json_object_del(vm.attempts, "c");
	cr_assert_eq(fold(&vm), VM_DONE);
}

/* The source is again what it was: what was made of it then has been replaced meanwhile. */
Test(fold, of_a_plan_whose_result_was_replaced)
{
	struct batch_vm vm = planned("planned");

	add(&vm, "a", "now", "done");
	add(&vm, "b", "between", "done");
	json_object_set_new(json_object_get(vm.attempts, "a"), "serial", json_integer(1));
	json_object_set_new(json_object_get(vm.attempts, "b"), "serial", json_integer(2));
	batch_vm_fold(&vm);
	cr_assert_eq(vm.state, VM_DONE, "the other one went elsewhere");
	json_object_set_new(json_object_get(vm.attempts, "b"), "replace", json_true());
	cr_assert_eq(fold(&vm), VM_PLANNED);
}

/* The old result is not what came of replacing it. */
Test(fold, of_replacing_an_earlier_result)
{
	static const char *const states[] = {"failed", "interrupted", "running", "refused"};
	static const enum vm_state wanted[] = {VM_FAILED, VM_INTERRUPTED, VM_INTERRUPTED,
					       VM_REFUSED};

	file_write("old-gen2.vhdx", "x", 1);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		for (int is_told = 0; is_told < 2; is_told++) {
			struct batch_vm vm = planned("planned");

			json_object_set_new(json_object_get(vm.record, "outputs"), "disk",
					    json_string("old-gen2.vhdx"));
			add(&vm, "a", "before", "done");
			add(&vm, "b", "now", states[i]);
			if (is_told)
				json_object_set_new(json_object_get(vm.attempts, "b"), "replace",
						    json_true());
			batch_vm_fold(&vm);
			cr_assert_eq(vm.state, is_told ? wanted[i] : VM_REFUSED, "%s", states[i]);
			cr_assert_eq(vm.is_in_the_way, i < 3);
			cr_assert_eq(batch_vm_is_open(&vm), vm.state == VM_INTERRUPTED);
			batch_vm_done(&vm);
		}
}

/* Two results stand there: nothing is done until the old one is back. */
Test(fold, replaced_in_part)
{
	static const char *const plans[] = {"before", "now"};

	cr_assert_eq(tool_run(NULL, "mkdir -p torn && touch torn/" STAGE_JOURNAL), 0);
	for (size_t i = 0; i < 2; i++) {
		struct batch_vm vm = planned("planned");
		json_t *problem;

		add(&vm, "a", "now", "done");
		add(&vm, "b", plans[i], "running");
		json_object_set_new(json_object_get(vm.attempts, "b"), "stage",
				    json_string("torn"));
		batch_vm_fold(&vm);
		cr_assert_eq(vm.state, VM_INTERRUPTED);
		cr_assert_not_null(vm.torn);
		problem = batch_vm_problem(&vm);
		cr_assert_not_null(strstr(record_text(problem, "message"), "'torn'"));
		json_decref(problem);
		strcpy(vm.claim.token, "b"); /* who does it now */
		batch_vm_fold(&vm);
		cr_assert_null(vm.torn);
		cr_assert_eq(vm.state, VM_DONE);
		batch_vm_done(&vm);
	}
}

static void add_later(struct batch_vm *vm, const char *token, const char *state, int serial)
{
	add(vm, token, "now", state);
	json_object_set_new(json_object_get(vm->attempts, token), "serial", json_integer(serial));
	if (strcmp(state, "failed") == 0)
		json_object_set_new(json_object_get(vm->attempts, token), "supersedes",
				    json_true());
}

/* Whoever has looked at the result last is right, whatever the names of the attempts. */
Test(fold, the_last_look_at_a_result)
{
	static const char *const states[] = {"done", "failed", "verified", "failed", "done"};
	static const enum vm_state wanted[] = {VM_DONE, VM_FAILED, VM_VERIFIED, VM_FAILED, VM_DONE};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		for (int order = 0; order < 2; order++) {
			struct batch_vm vm = planned("planned");

			for (size_t j = 0; j <= i; j++) {
				char token[2] = {(char)(order ? 'z' - (int)j : 'a' + (int)j), 0};

				cr_assert_eq(batch_vm_next_serial(&vm), j + 1);
				add_later(&vm, token, states[j], (int)j + 1);
			}
			cr_assert_eq(fold(&vm), wanted[i], "%zu", i);
		}
}
