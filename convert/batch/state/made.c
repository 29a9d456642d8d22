/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands under the names of outputs: see made.h. */
#include "convert/batch/state/made.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What a name that exists belongs to: as long as it is this very file, the same would come of it. */
static json_t *file_id(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return NULL;
	return json_pack("{sI sI sI}", "inode", (json_int_t)st.st_ino, "size",
			 (json_int_t)st.st_size, "mtime_ns",
			 (json_int_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec);
}

json_t *made_of(const struct batch_vm *vm)
{
	const json_t *outputs = json_object_get(vm->record, "outputs");
	json_t *object = json_object();
	const char *role;

	for (size_t i = 0; (role = record_role(outputs, i)); i++) {
		CLEANUP_FREE char *path = record_path(outputs, role);
		json_t *id = path ? file_id(path) : NULL;

		if (id)
			json_object_set_new(object, role, id);
	}
	return object;
}

/* An inode is not the same on all hosts; size and time are. */
static bool is_other(const json_t *then, const json_t *now)
{
	return !json_equal(json_object_get(then, "size"), json_object_get(now, "size")) ||
	       !json_equal(json_object_get(then, "mtime_ns"), json_object_get(now, "mtime_ns"));
}

bool made_is_changed(const struct batch_vm *vm)
{
	CLEANUP_JSON json_t *now = vm->state == VM_VERIFIED ? made_of(vm) : NULL;
	json_t *then = json_object_get(vm->last, "made"), *id;
	bool is_changed = false;
	const char *role;

	json_object_foreach(now, role, id)
	{
		const json_t *before = json_object_get(then, role);

		is_changed |= before && is_other(before, id);
	}
	return is_changed;
}

/* The attempt of this plan that has looked at them last. */
static const json_t *last_made(const struct batch_vm *vm)
{
	const json_t *last = NULL;
	const char *token;
	json_t *attempt;

	json_object_foreach(vm->attempts, token, attempt)
	{
		bool is_of_plan =
			strcmp(record_text(attempt, "plan"), record_text(vm->record, "plan")) == 0;

		if (is_of_plan && json_object_get(attempt, "made") &&
		    (!last || record_number(attempt, "serial") >= record_number(last, "serial")))
			last = attempt;
	}
	return json_object_get(last, "made");
}

static bool is_read(const char *role)
{
	return strcmp(role, "disk") == 0 || strcmp(role, "store") == 0 ||
	       strcmp(role, "report") == 0;
}

char *made_resized(const struct batch_vm *vm)
{
	CLEANUP_JSON json_t *now = made_of(vm);
	const json_t *then = last_made(vm);
	const char *role;
	json_t *id;

	json_object_foreach(now, role, id)
	{
		const json_t *before = json_object_get(json_object_get(then, role), "size");

		if (before && !is_read(role) && !json_equal(before, json_object_get(id, "size")))
			return batch_vm_output(vm, role);
	}
	return NULL;
}
