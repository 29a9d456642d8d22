/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Room for the outputs: see space.h. */
#include "convert/batch/plan/space.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "common/size.h"

void space_list_done(struct space_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].folder);
	free(list->items);
	*list = (struct space_list){.items = NULL};
}

char *space_folder(const char *path)
{
	char *folder = strdup(path);
	struct stat st;

	/* dirname() ends with "/", which exists, or ".". */
	while (folder) {
		char *shorter = dirname(folder);

		if (shorter != folder)
			memmove(folder, shorter, strlen(shorter) + 1);
		if (stat(folder, &st) == 0 || strcmp(folder, "/") == 0 || strcmp(folder, ".") == 0)
			break;
	}
	return folder;
}

static struct space *find_space(struct space_list *list, const char *folder, dev_t device)
{
	struct space *items;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].device == device)
			return &list->items[i];
	items = reallocarray(list->items, list->count + 1, sizeof(items[0]));
	if (!items)
		return NULL;
	list->items = items;
	items[list->count] = (struct space){.device = device, .folder = strdup(folder)};
	return items[list->count].folder ? &items[list->count++] : NULL;
}

static int add_vm(struct space_list *list, const struct batch_vm *vm, struct error *err)
{
	CLEANUP_FREE char *disk = batch_vm_output(vm, "disk");
	CLEANUP_FREE char *folder = disk ? space_folder(disk) : NULL;
	struct statvfs fs;
	struct space *space;
	struct stat st;

	if (!folder)
		return error_failed(err, ENOMEM, "out of memory");
	if (stat(folder, &st) < 0 || statvfs(folder, &fs) < 0)
		return error_errno(err, "'%s'", folder);
	space = find_space(list, folder, st.st_dev);
	if (!space)
		return error_failed(err, ENOMEM, "out of memory");
	space->needed += record_number(vm->record, "needed");
	space->available = (uint64_t)fs.f_bavail * fs.f_frsize;
	return 0;
}

int space_sum(const struct batch *batch, bool replace, struct space_list *ret, struct error *err)
{
	int r = 0;

	*ret = (struct space_list){.items = NULL};
	for (size_t i = 0; r == 0 && i < batch->count; i++)
		if (batch_vm_is_open(&batch->vms[i]) ||
		    (replace &&
		     (batch->vms[i].is_in_the_way || (batch_vm_is_missing(&batch->vms[i]) &&
						      batch_vm_has_source(&batch->vms[i])))))
			r = add_vm(ret, &batch->vms[i], err);
	return r;
}

int space_check(const struct space_list *list, struct error *err)
{
	char missing[SIZE_TEXT], needed[SIZE_TEXT], available[SIZE_TEXT];

	for (size_t i = 0; i < list->count; i++) {
		const struct space *space = &list->items[i];

		if (space->needed > space->available)
			return error_failed(
				err, ENOSPC,
				"'%s': %s are missing on this file system: the outputs need up to %s, "
				"and %s are free",
				space->folder, size_text(space->needed - space->available, missing),
				size_text(space->needed, needed),
				size_text(space->available, available));
	}
	return 0;
}
