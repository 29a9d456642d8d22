/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All that is known of a batch: see report.h. */
#include "convert/cmd/batch/report.h"

#include <errno.h>
#include <stdio.h>

#include "common/checked.h"
#include "common/json/text_json.h"
#include "common/page.h"
#include "common/safe_text.h"
#include "common/size.h"
#include "convert/batch/plan/rate.h"
#include "convert/cmd/batch/counts.h"
#include "convert/cmd/batch/problem.h"

/* What a conversion takes beside its data. */
#define OVERHEAD_SECONDS 0.3

static void print_plan(FILE *page, const struct batch_vm *vm)
{
	char stored[SIZE_TEXT];

	safe_printf(page, "%-24s ", vm->name);
	if (vm->state != VM_PLANNED) {
		problem_print(vm, page);
		safe_printf(page, "\n");
		return;
	}
	safe_printf(page, "planned, %s%s%s\n",
		    size_text(record_number(vm->record, "needed"), stored),
		    *batch_vm_system(vm) ? ", " : "", batch_vm_system(vm));
}

/* At the rate of what is made, or else of the file system that takes most. */
static void print_time(FILE *page, const struct counts *counts, const struct space_list *spaces)
{
	const struct space *most = NULL;
	double rate = counts->rate;
	char text[SIZE_TEXT];

	for (size_t i = 0; i < spaces->count; i++)
		if (!most || spaces->items[i].needed > most->needed)
			most = &spaces->items[i];
	if (counts->open && rate <= 0 && most)
		rate = rate_measure(most->folder);
	if (counts->open && rate > 0)
		safe_printf(page, "Time   %.0f s, one at a time, at the %s/s that %s\n",
			    (double)counts->needed / rate + OVERHEAD_SECONDS * (double)counts->open,
			    size_text((uint64_t)rate, text),
			    counts->rate > 0 ? "were measured so far"
					     : "its file system has just taken");
}

void report_print_plan(const struct batch *batch, const struct space_list *spaces)
{
	const struct counts counts = batch_counts(batch);
	CLEANUP_PAGE FILE *page = page_open(stdout);
	char needed[SIZE_TEXT], available[SIZE_TEXT];

	if (!page)
		return;
	for (size_t i = 0; i < batch->count; i++)
		print_plan(page, &batch->vms[i]);
	safe_printf(page, "\nVMs    ");
	counts_print(&counts, page);
	for (size_t i = 0; i < spaces->count; i++)
		safe_printf(page, "Room   %s needed, %s free on the file system of '%s'\n",
			    size_text(spaces->items[i].needed, needed),
			    size_text(spaces->items[i].available, available),
			    spaces->items[i].folder);
	print_time(page, &counts, spaces);
}

void report_print_summary(const struct batch *batch, double seconds, FILE *stream)
{
	const struct counts counts = batch_counts(batch);

	counts_print(&counts, stream);
	problems_print(batch, stream);
	if (seconds > 0)
		safe_printf(stream, "%.1f s\n", seconds);
}

static json_t *attempts_array(const struct batch_vm *vm)
{
	json_t *array = json_array(), *attempt;
	const char *token;

	json_object_foreach(vm->attempts, token, attempt) json_array_append(array, attempt);
	return array;
}

static json_t *vm_object(const struct batch_vm *vm)
{
	static const char *const kept[] = {"outputs", "options", "sources", "windows", "linux",
					   "image",   "stored",	 "needed",  "before",  "after"};
	json_t *object = json_object();

	text_json_set_path(object, "name", vm->name);
	text_json_set_path(object, "path", vm->path);
	problem_set(object, vm);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (json_object_get(vm->record, kept[i]))
			json_object_set(object, kept[i], json_object_get(vm->record, kept[i]));
	json_object_set_new(object, "attempts", attempts_array(vm));
	return object;
}

static json_t *batch_object(const struct batch *batch)
{
	const struct counts counts = batch_counts(batch);
	json_t *root = json_object();

	json_object_set_new(root, "schema", json_integer(BATCH_SCHEMA));
	text_json_set_path(root, "output_dir", batch->output_dir);
	json_object_set_new(root, "counts", counts_json(&counts));
	vms_set(root, batch, vm_object);
	return root;
}

static void print_vm(FILE *page, const struct batch_vm *vm)
{
	CLEANUP_FREE char *disk = batch_vm_output(vm, "disk");
	double seconds = json_number_value(json_object_get(vm->last, "seconds"));
	char stored[SIZE_TEXT];

	safe_printf(page, "%s\n  Source   %s\n", vm->name, vm->path);
	if (*batch_vm_system(vm))
		safe_printf(page, "  System   %s\n", batch_vm_system(vm));
	safe_printf(page, "  State    ");
	problem_print(vm, page);
	if (vm->state >= VM_DONE && disk)
		safe_printf(page, " in %.1f s (%s) by %s\n  Output   %s", seconds,
			    size_text(record_number(vm->record, "stored"), stored),
			    record_text(vm->last, "host"), disk);
	safe_printf(page, "\n");
}

int report_print_batch(const struct batch *batch, bool json, struct error *err)
{
	CLEANUP_PAGE FILE *page = NULL;

	if (json)
		return text_json_print(batch_object(batch), err);
	page = page_open(stdout);
	if (!page)
		return error_failed(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < batch->count; i++)
		print_vm(page, &batch->vms[i]);
	safe_printf(page, "\n");
	report_print_summary(batch, 0, page);
	return 0;
}
