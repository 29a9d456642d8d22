/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a batch comes to: see counts.h. */
#include "convert/cmd/batch/counts.h"

#include <stdio.h>

#include "common/checked.h"
#include "common/safe_text.h"

/* Smaller ones take the time of their survey, and say nothing of the disks. */
#define LEAST (64 * MIB)

static void add_rate(const struct batch_vm *vm, double *bytes, double *seconds)
{
	double taken = json_number_value(json_object_get(vm->last, "seconds"));
	uint64_t stored = record_number(vm->last, "bytes");

	if (vm->state < VM_DONE || stored < LEAST || taken <= 0)
		return;
	*bytes += (double)stored;
	*seconds += taken;
}

struct counts batch_counts(const struct batch *batch)
{
	struct counts counts = {.open = 0};
	double bytes = 0, seconds = 0;

	for (size_t i = 0; i < batch->count; i++) {
		const struct batch_vm *vm = &batch->vms[i];

		counts.by_state[vm->state]++;
		counts.missing += batch_vm_is_missing(vm);
		add_rate(vm, &bytes, &seconds);
		if (!batch_vm_is_open(vm))
			continue;
		counts.open++;
		counts.stored += record_number(vm->record, "stored");
		counts.needed += record_number(vm->record, "needed");
	}
	while (batch_unplanned(batch, counts.unplanned))
		counts.unplanned++;
	counts.damaged = json_object_size(batch->damaged);
	counts.rate = seconds > 0 ? bytes / seconds : 0;
	return counts;
}

int counts_status(const struct counts *counts, bool is_claimed)
{
	const size_t *by_state = counts->by_state;

	if (counts->unplanned || counts->damaged || by_state[VM_FAILED] ||
	    by_state[VM_INTERRUPTED] || by_state[VM_PLANNED])
		return ERROR_FAILED;
	if (is_claimed || by_state[VM_RUNNING])
		return STATUS_CLAIMED;
	return by_state[VM_REFUSED] ? ERROR_REFUSED : 0;
}

json_t *counts_json(const struct counts *counts)
{
	json_t *object = json_object();

	for (enum vm_state state = 0; state < VM_STATE_MAX; state++)
		json_object_set_new(object, vm_state_text(state),
				    json_integer((json_int_t)counts->by_state[state]));
	json_object_set_new(object, "unplanned", json_integer((json_int_t)counts->unplanned));
	json_object_set_new(object, "output_missing", json_integer((json_int_t)counts->missing));
	return object;
}

void counts_print(const struct counts *counts, FILE *stream)
{
	const char *comma = "";

	for (enum vm_state state = VM_STATE_MAX; state-- > 0;)
		if (counts->by_state[state]) {
			safe_printf(stream, "%s%zu %s", comma, counts->by_state[state],
				    vm_state_text(state));
			comma = ", ";
		}
	if (counts->unplanned) {
		safe_printf(stream, "%s%zu unplanned", comma, counts->unplanned);
		comma = ", ";
	}
	safe_printf(stream, "%s\n", *comma ? "" : "nothing");
	if (counts->missing)
		safe_printf(stream, "outputs of %zu are no longer there\n", counts->missing);
}
