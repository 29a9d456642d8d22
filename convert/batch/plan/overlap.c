/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outputs that are inputs: see overlap.h. */
#include "convert/batch/plan/overlap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/checked.h"

/* Options whose values are files that a conversion reads. */
static const char *const read_options[] = {"parent", "nvram-template", "secure-boot-keys"};

struct place {
	char *path; /* with its folder as the file system knows it */
	size_t length;
	bool exists;
	dev_t device;
	ino_t inode;
	const char *of; /* the source that it belongs to; borrowed */
};

struct place_list {
	struct place *items;
	size_t count;
	bool failed;
};

static void place_list_done(struct place_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].path);
	free(list->items);
}
#define CLEANUP_PLACES CLEANUP(place_list_done)

static void add_place(struct place_list *list, const char *path, const char *of)
{
	struct place *items = reallocarray(list->items, list->count + 1, sizeof(items[0]));
	struct place place = {.path = items ? batch_absolute(path, NULL) : NULL, .of = of};
	struct stat st;

	if (items)
		list->items = items;
	if (!place.path) {
		list->failed = true;
		return;
	}
	place.length = strlen(place.path);
	if (stat(path, &st) == 0) {
		place.exists = true;
		place.device = st.st_dev;
		place.inode = st.st_ino;
	}
	items[list->count++] = place;
}

static void add_option_values(struct place_list *list, const json_t *value, const char *of)
{
	if (json_is_string(value) && *json_string_value(value) == '/')
		add_place(list, json_string_value(value), of);
	for (size_t i = 0; i < json_array_size(value); i++)
		add_option_values(list, json_array_get(value, i), of);
}

static void add_files(struct place_list *list, const json_t *files, const char *of)
{
	for (size_t i = 0; i < json_array_size(files); i++) {
		CLEANUP_FREE char *file = record_path(json_array_get(files, i), "path");

		if (file)
			add_place(list, file, of);
	}
}

/* The source as it was named, every file of its chain, what else is read, and of a VM what is left as it is. */
static void add_read(struct place_list *list, const char *path, const json_t *sources,
		     const json_t *vm, const json_t *options)
{
	add_place(list, path, path);
	add_files(list, sources, path);
	add_files(list, json_object_get(vm, "files"), path);
	add_files(list, json_object_get(vm, "kept"), path);
	for (size_t i = 0; i < ARRAY_SIZE(read_options); i++)
		add_option_values(list, json_object_get(options, read_options[i]), path);
}

static void add_made(struct place_list *list, const char *path, const json_t *outputs)
{
	const char *role;

	for (size_t i = 0; (role = record_role(outputs, i)); i++) {
		CLEANUP_FREE char *output = record_path(outputs, role);

		if (output)
			add_place(list, output, path);
	}
}

static bool is_one(const struct place *a, const struct place *b)
{
	if (a->exists && b->exists)
		return a->device == b->device && a->inode == b->inode;
	return a->length == b->length && strcasecmp(a->path, b->path) == 0;
}

/* Returns true with the first two that are one. */
static bool find_overlap(const struct place_list *made, const struct place_list *read,
			 const struct place **ret_made, const struct place **ret_read)
{
	for (size_t i = 0; i < made->count; i++)
		for (size_t j = 0; j < read->count; j++)
			if (is_one(&made->items[i], &read->items[j])) {
				*ret_made = &made->items[i];
				*ret_read = &read->items[j];
				return true;
			}
	return false;
}

static void add_vm(struct place_list *made, struct place_list *read, const struct batch_vm *vm)
{
	add_made(made, vm->path, json_object_get(vm->record, "outputs"));
	add_read(read, vm->path, json_object_get(vm->record, "sources"),
		 json_object_get(vm->record, "vm"), json_object_get(vm->record, "options"));
}

int overlap_check(const struct batch *batch, const struct input_list *list, struct error *err)
{
	CLEANUP_PLACES struct place_list made = {.count = 0}, read = {.count = 0};
	const struct place *output, *source;

	for (size_t i = 0; i < batch->count; i++)
		if (!input_list_has(list, batch->vms[i].name, batch->vms[i].path))
			add_vm(&made, &read, &batch->vms[i]);
	for (size_t i = 0; i < list->count; i++) {
		const struct input *input = &list->items[i];

		add_made(&made, input->path, input->outputs);
		add_read(&read, input->path, input->sources, input->vm, input->options);
	}
	if (made.failed || read.failed)
		return error_failed(err, ENOMEM, "out of memory");
	if (!find_overlap(&made, &read, &output, &source))
		return 0;
	return error_usage(
		err,
		"'%s' would be an output of '%s', and it is what '%s' is read from; give "
		"the output another name in a --list, or another --output-dir",
		output->path, output->of, source->of);
}

/* A plan that nobody can read may be of any disk. */
static int check_whole(const struct batch *batch, struct error *err)
{
	const json_t *first = json_object_iter_value(json_object_iter(batch->damaged));

	return first ? error_failed(err, EINVAL,
				    "nothing is replaced while a record is damaged: %s",
				    json_string_value(first))
		     : 0;
}

int overlap_check_replaced(const char *folder, const json_t *outputs, struct error *err)
{
	CLEANUP_PLACES struct place_list made = {.count = 0}, read = {.count = 0},
					 none = {.count = 0};
	CLEANUP_BATCH struct batch batch = BATCH_INIT;
	const struct place *output, *source;
	int r = batch_open(&batch, folder, err);

	if (r == 0 && batch.fd < 0)
		r = error_failed(err, ENOENT, "'%s' is gone; nothing is replaced without it",
				 folder);
	if (r == 0)
		r = check_whole(&batch, err);
	if (r < 0)
		return r;
	add_made(&made, "", outputs);
	for (size_t i = 0; i < batch.count; i++)
		add_vm(&none, &read, &batch.vms[i]);
	if (made.failed || read.failed)
		return error_failed(err, ENOMEM, "out of memory");
	if (!find_overlap(&made, &read, &output, &source))
		return 0;
	return error_failed(err, EBUSY,
			    "'%s' is what '%s' is read from, and is not replaced; give the output "
			    "another name in a --list",
			    output->path, source->of);
}

static bool has_output(const json_t *outputs, const char *path)
{
	const char *role;

	for (size_t i = 0; (role = record_role(outputs, i)); i++) {
		CLEANUP_FREE char *output = record_path(outputs, role);

		if (output && strcmp(output, path) == 0)
			return true;
	}
	return false;
}

static bool has_made(const struct batch_vm *vm)
{
	const char *token;
	json_t *attempt;

	json_object_foreach(vm->attempts, token, attempt)
	{
		enum vm_state state = vm_state_parse(record_text(attempt, "state"));

		if (state == VM_DONE || state == VM_VERIFIED || json_object_get(attempt, "made"))
			return true;
	}
	return false;
}

bool overlap_is_made(const struct batch *batch, const char *path)
{
	for (size_t i = 0; i < batch->count; i++)
		if (has_output(json_object_get(batch->vms[i].record, "outputs"), path) &&
		    has_made(&batch->vms[i]))
			return true;
	return false;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool names_disk(const char *report_path, const char *path)
{
	CLEANUP_JSON json_t *report = NULL;
	CLEANUP_FREE char *disk = NULL;

	if (record_read(AT_FDCWD, report_path, &report, NULL) < 0)
		return false;
	disk = record_path(json_object_get(report, "outputs"), "disk");
	return disk && strcmp(name_of(disk), name_of(path)) == 0;
}

bool overlap_has_report(const char *path)
{
	const char *dot = strrchr(name_of(path), '.');
	CLEANUP_FREE char *report_path = NULL;

	if (!dot || asprintf(&report_path, "%.*s.report.json", (int)(dot - path), path) < 0) {
		report_path = NULL;
		return false;
	}
	return names_disk(report_path, path);
}

bool overlap_is_reported(const json_t *outputs, const char *path)
{
	CLEANUP_FREE char *report_path = record_path(outputs, "report");

	return report_path && has_output(outputs, path) && names_disk(report_path, path);
}
