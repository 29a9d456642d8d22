/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 'batch status': see status.h. */
#include "convert/cmd/batch/status.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/json/text_json.h"
#include "common/page.h"
#include "common/safe_text.h"
#include "common/size.h"
#include "common/width.h"
#include "convert/batch/sweep.h"
#include "convert/cmd/batch/counts.h"
#include "convert/cmd/batch/problem.h"

static json_t *vm_object(const struct batch_vm *vm)
{
	CLEANUP_FREE char *disk = batch_vm_output(vm, "disk");
	static const char *const systems[] = {"windows", "linux"};
	json_t *object = json_object();

	text_json_set_path(object, "name", vm->name);
	text_json_set_path(object, "path", vm->path);
	problem_set(object, vm);
	for (size_t i = 0; i < ARRAY_SIZE(systems); i++)
		if (json_object_get(vm->record, systems[i]))
			json_object_set(object, systems[i],
					json_object_get(vm->record, systems[i]));
	json_object_set_new(object, "attempts",
			    json_integer((json_int_t)json_object_size(vm->attempts)));
	if (disk)
		text_json_set_path(object, "output", disk);
	if (vm->state == VM_RUNNING && vm->claim.host)
		json_object_set_new(object, "host", text_json(vm->claim.host));
	json_object_set_new(object, "stored",
			    json_integer((json_int_t)record_number(vm->record, "stored")));
	if (vm->state == VM_RUNNING)
		json_object_set_new(object, "done", json_integer((json_int_t)vm->progress));
	return object;
}

static json_t *status_object(const struct batch *batch)
{
	const struct counts counts = batch_counts(batch);
	json_t *root = json_object();

	json_object_set_new(root, "schema", json_integer(BATCH_SCHEMA));
	vms_set(root, batch, vm_object);
	json_object_set_new(root, "counts", counts_json(&counts));
	return root;
}

#define LEAST_NAME 8
#define MOST_NAME  40

/* Of what is shown. */
static size_t columns_of(const char *name)
{
	CLEANUP_FREE char *shown = safe_copy(name);

	return shown ? width_of_text(shown, shown + strlen(shown), MOST_NAME) : 0;
}

static int name_width(const struct batch *batch)
{
	size_t width = LEAST_NAME;
	const json_t *draft;

	for (size_t i = 0; i < batch->count; i++)
		width = max_u64(width, columns_of(batch->vms[i].name));
	for (size_t i = 0; (draft = batch_unplanned(batch, i)); i++) {
		CLEANUP_FREE char *name = record_path(draft, "name");

		width = max_u64(width, name ? columns_of(name) : 0);
	}
	return (int)min_u64(width, MOST_NAME);
}

static void print_vm(FILE *page, const struct batch_vm *vm, int width)
{
	char done[SIZE_TEXT], stored[SIZE_TEXT];

	size_text(record_number(vm->record, "stored"), stored);
	safe_printf(page, "%-*s  %-10s  ", width, vm->name,
		    record_number(vm->record, "stored") ? stored : "-");
	problem_print(vm, page);
	if (vm->state == VM_RUNNING)
		safe_printf(page, ", %s so far%s%s", size_text(vm->progress, done),
			    vm->claim.host ? " by " : "", vm->claim.host ? vm->claim.host : "");
	safe_printf(page, "\n");
}

static void print_unplanned(FILE *page, const struct batch *batch, int width)
{
	const json_t *draft;

	for (size_t i = 0; (draft = batch_unplanned(batch, i)); i++) {
		CLEANUP_FREE char *name = record_path(draft, "name");

		safe_printf(page, "%-*s  %-10s  unplanned\n", width, name ? name : "", "-");
	}
}

static void measure(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->vms[i].state == VM_RUNNING)
			batch->vms[i].progress = sweep_progress(&batch->vms[i]);
}

int status_print(const struct batch *batch, bool json, struct error *err)
{
	const struct counts counts = batch_counts(batch);
	int width = name_width(batch);
	CLEANUP_PAGE FILE *page = NULL;

	measure(batch);
	if (json)
		return text_json_print(status_object(batch), err);
	page = page_open(stdout);
	if (!page)
		return error_failed(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < batch->count; i++)
		print_vm(page, &batch->vms[i], width);
	print_unplanned(page, batch, width);
	counts_print(&counts, page);
	return 0;
}

static bool is_going_on(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->vms[i].state == VM_RUNNING)
			return true;
	return false;
}

int status_watch(struct batch *batch, bool json, struct error *err)
{
	bool on_terminal = !json && isatty(STDOUT_FILENO);
	int r;

	for (;;) {
		if (on_terminal)
			safe_printf(stdout, "\033[H\033[2J");
		r = status_print(batch, json, err);
		if (r < 0 || fflush(stdout) != 0 || !is_going_on(batch))
			return r;
		sleep(1);
		r = batch_refresh(batch, err);
		if (r < 0)
			return r;
	}
}
