/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands under the names of outputs: see made.h. */
#include "convert/batch/state/made.h"

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
