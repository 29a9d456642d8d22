/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of the inputs are VMs, and what they are called: see choose.h. */
#include "convert/batch/plan/choose.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/checked.h"
#include "convert/batch/plan/identity.h"
#include "convert/batch/plan/members.h"
#include "convert/batch/plan/overlap.h"

static int out_of_memory(struct error *err)
{
	return error_failed(err, ENOMEM, "out of memory");
}

static const struct batch_vm *find_planned(const struct batch *batch, const struct input *input)
{
	for (size_t i = 0; i < batch->count; i++)
		if (!input->options && strcmp(batch->vms[i].path, input->path) == 0)
			return &batch->vms[i];
	return NULL;
}

/* A VM that could not be planned may find beside it what it lacked: as the batch knows it, it stays in the list. */
static bool adopt(const struct batch_vm *vm, struct input *input)
{
	if (!json_object_get(vm->record, "vm") ||
	    strcmp(record_text(vm->record, "verdict"), "planned") == 0)
		return false;
	free(input->name);
	input->name = strdup(vm->name);
	input->options = json_deep_copy(json_object_get(vm->record, "options"));
	return input->name && input->options;
}

static bool is_done_with(const struct batch *batch, struct input *input)
{
	const struct batch_vm *vm = find_planned(batch, input);

	return vm && !adopt(vm, input);
}

struct file_id {
	dev_t device;
	ino_t inode;
};

static bool find_file(const char *path, struct file_id *ret)
{
	struct stat st;

	if (!path || stat(path, &st) < 0)
		return false;
	*ret = (struct file_id){st.st_dev, st.st_ino};
	return true;
}

/* 'latest' and what it is a link to. */
static bool is_one_file(const char *a, const char *b)
{
	struct file_id first, second;

	return find_file(a, &first) && find_file(b, &second) && first.device == second.device &&
	       first.inode == second.inode;
}

/* The same disk once more, without anything that would make another VM of it. */
static bool is_repeated(const struct input_list *list, size_t index)
{
	const struct input *input = &list->items[index];

	for (size_t i = 0; i < index && !input->options; i++)
		if (strcmp(list->items[i].path, input->path) == 0 ||
		    (input->is_of_folder && list->items[i].is_of_folder &&
		     is_one_file(list->items[i].path, input->path)))
			return true;
	return false;
}

static int compare_files(const void *a, const void *b)
{
	const struct file_id *x = a, *y = b;

	if (x->device != y->device)
		return x->device < y->device ? -1 : 1;
	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

struct parents {
	struct file_id *files;
	size_t count;
};

static void add_parents(struct parents *parents, const json_t *sources)
{
	for (size_t i = 1; i < json_array_size(sources); i++) {
		CLEANUP_FREE char *path = record_path(json_array_get(sources, i), "path");

		parents->count += find_file(path, &parents->files[parents->count]);
	}
}

static const json_t *sources_of(const struct batch_vm *vm)
{
	return json_object_get(vm->record, "sources");
}

/* All files that are parents in a chain of an input, or of a VM that was one. */
static struct parents list_parents(const struct batch *batch, const struct input_list *list)
{
	struct parents parents = {.count = 0};
	size_t room = 1;

	for (size_t i = 0; i < list->count; i++)
		room += json_array_size(list->items[i].sources);
	for (size_t i = 0; i < batch->count; i++)
		room += json_array_size(sources_of(&batch->vms[i]));
	parents.files = calloc(room, sizeof(parents.files[0]));
	if (!parents.files)
		return parents;
	for (size_t i = 0; i < list->count; i++)
		add_parents(&parents, list->items[i].sources);
	for (size_t i = 0; i < batch->count; i++)
		add_parents(&parents, sources_of(&batch->vms[i]));
	qsort(parents.files, parents.count, sizeof(parents.files[0]), compare_files);
	return parents;
}

static int mark_parents(const struct batch *batch, struct input_list *list, struct error *err)
{
	struct parents parents = list_parents(batch, list);

	if (!parents.files)
		return out_of_memory(err);
	for (size_t i = 0; i < list->count; i++) {
		struct file_id file;

		list->items[i].is_parent =
			find_file(list->items[i].path, &file) &&
			bsearch(&file, parents.files, parents.count, sizeof(file), compare_files);
	}
	free(parents.files);
	return 0;
}

static void drop_input(struct input_list *list, size_t index)
{
	struct input_list dropped = {.items = malloc(sizeof(struct input)), .count = 1};

	if (dropped.items) {
		dropped.items[0] = list->items[index];
		input_list_done(&dropped);
	}
	list->count--;
	memmove(&list->items[index], &list->items[index + 1],
		(list->count - index) * sizeof(list->items[0]));
}

/* Without its path and the last dot of it. */
static char *stem_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *dot = strrchr(name, '.');

	return dot && dot != name ? strndup(name, (size_t)(dot - name)) : strdup(name);
}

int input_name(struct input *input, const struct choice *choice, struct error *err)
{
	if (!input->name)
		input->name = record_path(input->vm, "name");
	if (!input->name)
		input->name = stem_of(input->path);
	input->outputs = json_object();
	if (!input->name || !input->outputs)
		return out_of_memory(err);
	if (!batch_is_name(input->name))
		return error_usage(err,
				   "'%s': the name of the file cannot be that of a VM: at most 200 "
				   "bytes, and no dot in front; give it a name in a --list",
				   input->path);
	return choice->known->name_outputs(input->name, choice->folder, input->options, input->vm,
					   input->outputs, err);
}

/* What is to be called so: an output, or a VM, whose names have no slash. */
struct taken {
	char *name;
	const char *path; /* of the source */
	size_t order;
};

struct taken_list {
	struct taken *items;
	size_t count;
};

static void taken_list_done(struct taken_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].name);
	free(list->items);
}

static void take_name(struct taken_list *list, char *name, const char *path)
{
	if (name)
		list->items[list->count] = (struct taken){name, path, list->count};
	list->count += name != NULL;
}

static void take_names(struct taken_list *list, const char *name, const char *path,
		       const json_t *outputs)
{
	const char *role;

	take_name(list, strdup(name), path);
	for (size_t i = 0; (role = record_role(outputs, i)); i++)
		take_name(list, record_path(outputs, role), path);
}

/* Of all VMs. */
static size_t count_names(const struct batch *batch, const struct input_list *list)
{
	size_t count = list->count + batch->count;

	for (size_t i = 0; i < batch->count; i++)
		count += json_object_size(json_object_get(batch->vms[i].record, "outputs"));
	for (size_t i = 0; i < list->count; i++)
		count += json_object_size(list->items[i].outputs);
	return count;
}

/* File systems may be blind to case. */
static int compare_taken(const void *a, const void *b)
{
	const struct taken *first = a, *second = b;
	int r = strcasecmp(first->name, second->name);

	return r ? r : first->order < second->order ? -1 : 1;
}

static int check_names(const struct batch *batch, const struct input_list *list, struct error *err)
{
	CLEANUP(taken_list_done) struct taken_list taken = {.count = 0};

	taken.items = calloc(count_names(batch, list) + 1, sizeof(taken.items[0]));
	if (!taken.items)
		return out_of_memory(err);
	for (size_t i = 0; i < batch->count; i++)
		if (!input_list_has(list, batch->vms[i].name, batch->vms[i].path))
			take_names(&taken, batch->vms[i].name, batch->vms[i].path,
				   json_object_get(batch->vms[i].record, "outputs"));
	for (size_t i = 0; i < list->count; i++)
		take_names(&taken, list->items[i].name, list->items[i].path,
			   list->items[i].outputs);
	qsort(taken.items, taken.count, sizeof(taken.items[0]), compare_taken);
	for (size_t i = 1; i < taken.count; i++)
		if (strcasecmp(taken.items[i - 1].name, taken.items[i].name) == 0)
			return error_usage(
				err,
				"'%s' and '%s' would both become '%s'; give one of them another "
				"name in a --list",
				taken.items[i - 1].path, taken.items[i].path, taken.items[i].name);
	return 0;
}

static void note(const struct choice *choice, const struct input *input, const char *what)
{
	CLEANUP_FREE char *text = NULL;

	if (asprintf(&text, "'%s' %s", input->path, what) < 0)
		text = NULL;
	else
		choice->note(choice->opaque, text);
}

#define REPORTED "is by its report what a conversion has made, and no input"

/* By its report, where no attempt says so: the state is lost, or whoever made it had no time to say so. */
static bool is_reported(const struct batch *batch, const struct input_list *list,
			const struct input *input)
{
	for (size_t i = 0; i < batch->count; i++)
		if (overlap_is_reported(json_object_get(batch->vms[i].record, "outputs"),
					input->path))
			return true;
	for (size_t i = 0; i < list->count; i++)
		if (&list->items[i] != input &&
		    overlap_is_reported(list->items[i].outputs, input->path))
			return true;
	return false;
}

/* What has the name of an output and was not made by a batch is a disk of somebody: overlap_check() says so. */
static bool is_left_out(const struct batch *batch, const struct choice *choice,
			const struct input_list *list, const struct input *input)
{
	bool is_made = !input->options && overlap_is_made(batch, input->path);

	if (is_made && input->is_of_folder)
		return true;
	if (!is_made && !(input->is_of_folder && is_reported(batch, list, input)))
		return false;
	note(choice, input, is_made ? "is an output of this batch, and no input" : REPORTED);
	return true;
}

static void drop_parents(const struct choice *choice, struct input_list *list)
{
	for (size_t i = list->count; i-- > 0;)
		if (list->items[i].is_parent) {
			note(choice, &list->items[i],
			     "belongs to another input, with which it is converted");
			drop_input(list, i);
		}
}

static void drop_outputs(const struct batch *batch, const struct choice *choice,
			 struct input_list *list)
{
	for (size_t i = list->count; i-- > 0;)
		if (is_left_out(batch, choice, list, &list->items[i]))
			drop_input(list, i);
}

/* Before parents are looked for: a differencing trial beside its source is no reason to pass the source over. */
static void drop_trials(const struct batch *batch, const struct choice *choice,
			struct input_list *list)
{
	for (size_t i = list->count; i-- > 0;)
		if (list->items[i].is_of_folder && overlap_has_report(list->items[i].path)) {
			if (!overlap_is_made(batch, list->items[i].path))
				note(choice, &list->items[i], REPORTED);
			drop_input(list, i);
		}
}

/* Of what it consists. */
static void look_at(const struct conversion_options *known, struct input *input)
{
	input->vm = members_read(known, input->path, input->options);
	(void)identity_read(input->path, input->options, input->vm, &input->sources,
			    &input->problem);
}

int inputs_choose(const struct batch *batch, const struct choice *choice, struct input_list *list,
		  struct error *err)
{
	int r;

	for (size_t i = list->count; i-- > 0;)
		if (is_repeated(list, i) || is_done_with(batch, &list->items[i]))
			drop_input(list, i);
	drop_trials(batch, choice, list);
	for (size_t i = 0; i < list->count; i++)
		look_at(choice->known, &list->items[i]);
	r = mark_parents(batch, list, err);
	if (r == 0)
		drop_parents(choice, list);
	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = input_name(&list->items[i], choice, err);
	if (r == 0)
		drop_outputs(batch, choice, list);
	if (r == 0)
		r = check_names(batch, list, err);
	return r < 0 ? r : overlap_check(batch, list, err);
}
