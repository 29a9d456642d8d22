/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state folder: see state.h. */
#include "convert/batch/state/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/json/text_json.h"
#include "convert/batch/state/claim.h"

/* With what is put before and behind it, a name still is one for a file. */
#define MAX_NAME 200

void batch_done(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		batch_vm_done(&batch->vms[i]);
	free(batch->vms);
	free(batch->folder);
	free(batch->output_dir);
	json_decref(batch->planning);
	json_decref(batch->damaged);
	cleanup_close(&batch->vm_fd);
	cleanup_close(&batch->claim_fd);
	cleanup_close(&batch->attempt_fd);
	cleanup_close(&batch->fd);
	*batch = (struct batch)BATCH_INIT;
}

bool batch_is_name(const char *name)
{
	return *name && *name != '.' && strlen(name) <= MAX_NAME && !strchr(name, '/');
}

static char *join(const char *folder, const char *name)
{
	char *path;
	const char *slash = strcmp(folder, "/") == 0 ? "" : "/";

	return asprintf(&path, "%s%s%s", folder, slash, name) < 0 ? NULL : path;
}

/* Of a path whose folder does not exist (yet). */
static char *absolute_as_it_is(const char *path)
{
	CLEANUP_FREE char *here = *path == '/' ? NULL : realpath(".", NULL);

	return *path == '/' ? strdup(path) : here ? join(here, path) : NULL;
}

char *batch_absolute(const char *path, struct error *err)
{
	CLEANUP_FREE char *for_folder = strdup(path), *for_name = strdup(path), *folder = NULL;
	const char *name = for_name ? basename(for_name) : "";
	bool is_whole = strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "/") == 0;
	char *absolute;

	if (for_folder)
		folder = realpath(is_whole ? path : dirname(for_folder), NULL);
	absolute = !folder    ? absolute_as_it_is(path)
		   : is_whole ? strdup(folder)
			      : join(folder, name);
	if (!absolute)
		error_errno(err, "'%s'", path);
	return absolute;
}

/* "/state/vm/NAME.json", to be freed. */
static char *full_name(const struct batch *batch, const char *folder, const char *file)
{
	char *path;

	return asprintf(&path, "%s/%s%s%s", batch->folder, folder, *folder ? "/" : "", file) < 0
		       ? NULL
		       : path;
}

/* Takes nothing over. 'what' to do stands behind what is wrong. */
static void note_damage(struct batch *batch, const char *folder, const char *file,
			const char *reason, const char *what)
{
	CLEANUP_FREE char *path = full_name(batch, folder, file), *text = NULL;

	if (!batch->damaged)
		batch->damaged = json_object();
	if (path && asprintf(&text, "'%s': %s; %s", path, reason, what) < 0)
		text = NULL;
	if (text)
		json_object_set_new(batch->damaged, path, text_json(text));
}

bool batch_is_damaged(const struct batch *batch, const char *name)
{
	CLEANUP_FREE char *file = NULL, *path = NULL;

	if (asprintf(&file, "%s.json", name) < 0)
		file = NULL;
	path = file ? full_name(batch, "vm", file) : NULL;
	return path && json_object_get(batch->damaged, path);
}

static int open_folder(int at, const char *name, int *ret, struct error *err)
{
	*ret = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? error_errno(err, "'%s'", name) : 0;
}

/* Claims and attempts that are lost cost time, and no result. */
static int open_parts(struct batch *batch, struct error *err)
{
	int r = open_folder(batch->fd, "vm", &batch->vm_fd, err);

	(void)!mkdirat(batch->fd, "claim", 0777);
	(void)!mkdirat(batch->fd, "attempt", 0777);
	if (r == 0)
		r = open_folder(batch->fd, "claim", &batch->claim_fd, err);
	if (r == 0)
		r = open_folder(batch->fd, "attempt", &batch->attempt_fd, err);
	return r < 0 ? error_prefix(err, "'%s': a part of this batch is missing", batch->folder)
		     : 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct batch_vm *first = a, *second = b;

	return strcmp(first->name, second->name);
}

struct batch_vm *batch_find(const struct batch *batch, const char *name)
{
	size_t low = 0, high = batch->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, batch->vms[middle].name);

		if (order == 0)
			return &batch->vms[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* Takes the record over. */
static int set_record(struct batch_vm *vm, json_t *record, struct error *err)
{
	free(vm->path);
	json_decref(vm->record);
	vm->record = record;
	vm->path = record_path(record, "path");
	if (!vm->attempts)
		vm->attempts = json_object();
	return vm->path && vm->attempts
		       ? 0
		       : error_failed(err, EINVAL, "'vm/%s.json' names no source", vm->name);
}

/* Behind all others; the order is for the caller to restore. */
static int add_vm(struct batch *batch, const char *name, json_t *record, struct error *err)
{
	struct batch_vm *vms = reallocarray(batch->vms, batch->count + 1, sizeof(batch->vms[0]));
	struct batch_vm vm = {.name = strdup(name)};

	if (vms)
		batch->vms = vms;
	if (!vms || !vm.name) {
		free(vm.name);
		json_decref(record);
		return error_failed(err, ENOMEM, "out of memory");
	}
	batch->vms[batch->count++] = vm;
	return set_record(&batch->vms[batch->count - 1], record, err);
}

/* Call 'each' for all names that end in ".json", and do not begin with a dot. */
static int for_each_record(int folder,
			   int (*each)(struct batch *batch, char *stem, struct error *err),
			   struct batch *batch, struct error *err)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!listing)
		return error_errno(err, "'%s': cannot list the state folder", batch->folder);
	while (r == 0 && (entry = readdir(listing))) {
		size_t length = strlen(entry->d_name);

		if (entry->d_name[0] == '.' || length <= 5 ||
		    strcmp(entry->d_name + length - 5, ".json") != 0)
			continue;
		entry->d_name[length - 5] = '\0';
		r = each(batch, entry->d_name, err);
	}
	closedir(listing);
	return r;
}

/* What is wrong with a record; NULL: nothing. */
static const char *problem_of(const json_t *record, const char *key)
{
	if (!record)
		return "this record is torn, or none of a batch";
	if (record_number(record, "schema") != BATCH_SCHEMA)
		return "this record is of another version of this program";
	return *record_text(record, key) ? NULL : "this record is not whole";
}

static int load_plan(struct batch *batch, char *stem, struct error *err)
{
	CLEANUP_FREE char *file = NULL;
	const char *problem;
	json_t *record = NULL;
	int r;

	if (asprintf(&file, "%s.json", stem) < 0) {
		file = NULL;
		return error_failed(err, ENOMEM, "out of memory");
	}
	r = record_read(batch->vm_fd, file, &record, NULL);
	if (r == -ENOENT)
		return 0;
	problem = r < 0 ? problem_of(NULL, "") : problem_of(record, "path");
	if (!problem)
		return add_vm(batch, stem, record, err);
	json_decref(record);
	note_damage(batch, "vm", file, problem, "remove it and plan its disk again");
	return 0;
}

static void load_planning(struct batch *batch)
{
	CLEANUP_JSON json_t *root = NULL;
	int r = record_read(batch->fd, BATCH_PLANNING, &root, NULL);

	if (r == 0 && record_number(root, "schema") == BATCH_SCHEMA)
		batch->planning = json_incref(json_object_get(root, "drafts"));
	else if (r != -ENOENT)
		note_damage(batch, "", BATCH_PLANNING, problem_of(r < 0 ? NULL : root, "schema"),
			    "remove it and plan again with all inputs");
}

const json_t *batch_unplanned(const struct batch *batch, size_t index)
{
	for (size_t i = 0; i < json_array_size(batch->planning); i++) {
		const json_t *draft = json_array_get(batch->planning, i);
		CLEANUP_FREE char *name = record_path(draft, "name");

		if (name && !batch_find(batch, name) && index-- == 0)
			return draft;
	}
	return NULL;
}

static int check_schema(const struct batch *batch, const json_t *root, struct error *err)
{
	if (record_number(root, "schema") == BATCH_SCHEMA)
		return 0;
	return error_usage(err, "'%s' is a batch of another version of this program (schema %d)",
			   batch->folder, (int)record_number(root, "schema"));
}

int batch_open(struct batch *batch, const char *folder, struct error *err)
{
	CLEANUP_JSON json_t *root = NULL;
	int r;

	batch->folder = batch_absolute(folder, err);
	if (!batch->folder)
		return -err->code;
	batch->fd = open(batch->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (batch->fd < 0)
		return errno == ENOENT	  ? 0
		       : errno == ENOTDIR ? error_usage(err, "'%s' is no folder", folder)
					  : error_errno(err, "'%s'", folder);
	r = record_read(batch->fd, "batch.json", &root, err);
	if (r == -ENOENT) {
		cleanup_close(&batch->fd);
		batch->fd = -1;
		return 0;
	}
	if (r < 0)
		return error_prefix(err, "'%s'", batch->folder);
	r = check_schema(batch, root, err);
	if (r < 0)
		return r;
	batch->output_dir = record_path(root, "output_dir");
	r = open_parts(batch, err);
	if (r == 0)
		r = for_each_record(batch->vm_fd, load_plan, batch, err);
	if (batch->count)
		qsort(batch->vms, batch->count, sizeof(batch->vms[0]), compare_names);
	load_planning(batch);
	return r;
}

static int make_folder(int at, const char *name, struct error *err)
{
	if (mkdirat(at, name, 0777) == 0 || errno == EEXIST)
		return 0;
	return error_errno(err, "'%s': cannot make this folder", name);
}

/* Another host has created it just now. */
static int agree(const struct batch *batch, struct error *err)
{
	CLEANUP_JSON json_t *root = NULL;
	CLEANUP_FREE char *theirs = NULL;
	int r = record_read(batch->fd, "batch.json", &root, err);

	if (r == 0)
		r = check_schema(batch, root, err);
	if (r < 0)
		return r;
	theirs = record_path(root, "output_dir");
	if (theirs && strcmp(theirs, batch->output_dir) == 0)
		return 0;
	return error_usage(err, "'%s': another host has begun this batch, with outputs in '%s'",
			   batch->folder, theirs ? theirs : "");
}

int batch_create(struct batch *batch, const char *output_dir, struct error *err)
{
	CLEANUP_JSON json_t *root = json_object();
	int r;

	if (batch->fd >= 0)
		return 0;
	r = make_folder(AT_FDCWD, batch->folder, err);
	if (r == 0)
		r = open_folder(AT_FDCWD, batch->folder, &batch->fd, err);
	if (r == 0)
		r = make_folder(batch->fd, "vm", err);
	if (r == 0)
		r = make_folder(batch->fd, "claim", err);
	if (r == 0)
		r = make_folder(batch->fd, "attempt", err);
	if (r == 0)
		r = open_parts(batch, err);
	if (r < 0)
		return r;
	json_object_set_new(root, "schema", json_integer(BATCH_SCHEMA));
	text_json_set_path(root, "output_dir", output_dir);
	r = record_write(batch->fd, "batch.json", root, /*once=*/true, err);
	if (r < 0 && r != -EEXIST)
		return r;
	batch->output_dir = strdup(output_dir);
	if (!batch->output_dir)
		return error_failed(err, ENOMEM, "out of memory");
	return r == -EEXIST ? agree(batch, err) : 0;
}

int batch_put_plan(struct batch *batch, json_t *record, struct error *err)
{
	CLEANUP_FREE char *name = record_path(record, "name"), *file = NULL;
	struct batch_vm *vm = name ? batch_find(batch, name) : NULL;
	int r;

	if (!name || asprintf(&file, "%s.json", name) < 0) {
		file = NULL;
		json_decref(record);
		return error_failed(err, ENOMEM, "out of memory");
	}
	r = record_write(batch->vm_fd, file, record, /*once=*/!vm, err);
	if (r == -EEXIST) {
		json_decref(record);
		r = record_read(batch->vm_fd, file, &record, err);
		if (r < 0)
			return r;
	} else if (r < 0) {
		json_decref(record);
		return r;
	}
	if (vm)
		return set_record(vm, record, err);
	r = add_vm(batch, name, record, err);
	qsort(batch->vms, batch->count, sizeof(batch->vms[0]), compare_names);
	return r;
}

static char *attempt_file(const char *name, const char *token)
{
	char *file;

	return asprintf(&file, "%s.%s.json", name, token) < 0 ? NULL : file;
}

/* One that cannot be read, because it is being written or its file system stumbles, says nothing now, and the next look asks
 * again: what it could say costs time at most. */
static int load_attempt(struct batch *batch, struct batch_vm *vm, const char *token,
			struct error *err)
{
	const json_t *known = json_object_get(vm->attempts, token);
	CLEANUP_FREE char *file = attempt_file(vm->name, token);
	json_t *attempt = NULL;

	/* Its last word; but whoever holds the claim may have another one. */
	if (known && strcmp(record_text(known, "state"), "running") != 0 &&
	    strcmp(token, vm->claim.token) != 0)
		return 0;
	if (!file)
		return error_failed(err, ENOMEM, "out of memory");
	if (record_read(batch->attempt_fd, file, &attempt, NULL) < 0)
		return 0;
	if (!problem_of(attempt, "state")) {
		json_object_set_new(vm->attempts, token, attempt);
		return 0;
	}
	note_damage(batch, "attempt", file, problem_of(attempt, "state"),
		    "what it says does not count; remove it");
	json_decref(attempt);
	return 0;
}

static int load_listed_attempt(struct batch *batch, char *stem, struct error *err)
{
	char *dot = strrchr(stem, '.');
	struct batch_vm *vm;

	if (!dot || strlen(dot + 1) != TOKEN_SIZE - 1)
		return 0;
	*dot = '\0';
	vm = batch_find(batch, stem);
	return vm ? load_attempt(batch, vm, dot + 1, err) : 0;
}

/* An attempt that says that it runs and holds no claim has either been interrupted, or ended after it was read: then it
 * says so now, for its last word is written before the claim goes. */
static int look_again(struct batch *batch, struct batch_vm *vm, struct error *err)
{
	const char *token;
	json_t *attempt;
	void *next;
	int r = 0;

	json_object_foreach_safe(vm->attempts, next, token, attempt)
	{
		if (r == 0 && strcmp(record_text(attempt, "state"), "running") == 0 &&
		    strcmp(token, vm->claim.token) != 0)
			r = load_attempt(batch, vm, token, err);
	}
	return r;
}

static int fold_with_claim(struct batch *batch, struct batch_vm *vm, struct error *err)
{
	int r;

	claim_look(batch->claim_fd, vm->name, &vm->claim);
	r = look_again(batch, vm, err);
	batch_vm_fold(vm);
	return r;
}

int batch_refresh(struct batch *batch, struct error *err)
{
	int r = for_each_record(batch->attempt_fd, load_listed_attempt, batch, err);

	for (size_t i = 0; r == 0 && i < batch->count; i++)
		r = fold_with_claim(batch, &batch->vms[i], err);
	return r;
}

int batch_refresh_vm(struct batch *batch, struct batch_vm *vm, struct error *err)
{
	int r = for_each_record(batch->attempt_fd, load_listed_attempt, batch, err);

	return r < 0 ? r : fold_with_claim(batch, vm, err);
}

int batch_put_attempt(struct batch *batch, struct batch_vm *vm, json_t *attempt, struct error *err)
{
	const char *token = record_text(attempt, "token");
	CLEANUP_FREE char *file = attempt_file(vm->name, token);
	int r = file ? record_write(batch->attempt_fd, file, attempt, /*once=*/false, err)
		     : error_failed(err, ENOMEM, "out of memory");

	if (r == 0)
		json_object_set_new(vm->attempts, token, json_deep_copy(attempt));
	return r;
}
