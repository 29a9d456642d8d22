/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration of a checkpoint: see find.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/guid.h"
#include "convert/vm/find/find.h"
#include "convert/vm/find/folder.h"

#define SNAPSHOTS "Snapshots"

/* A symbolic link, or another thing that is no regular file, is none. */
static int open_checkpoint(const struct folder *folder, const char *id, struct vm_file *ret,
			   struct error *err)
{
	static const char *const endings[] = {".vmcx", ".xml"};
	int r = -ENOENT;

	for (size_t i = 0; r == -ENOENT && i < 2; i++) {
		char name[GUID_TEXT_SIZE + 8];
		bool is_special;

		snprintf(name, sizeof(name), "%s%s", id, endings[i]);
		r = folder_open_file(folder, name, &ret->fd, &ret->path, &is_special, err);
	}
	return r;
}

int vm_find_checkpoint(const char *config_path, const char *id, struct vm_file *ret,
		       struct error *err)
{
	CLEANUP_FREE char *root = vm_find_root(config_path);
	CLEANUP_FOLDER struct folder folder = FOLDER_INIT;
	CLEANUP_FOLDER struct folder snapshots = FOLDER_INIT;
	char text[GUID_TEXT_SIZE];
	struct guid guid;
	int r;

	if (!guid_parse(id, &guid))
		return error_usage(err, "'%s' is no id of a checkpoint, which is a GUID", id);
	if (!root)
		return error_failed(err, ENOMEM, "out of memory");
	r = folder_open(root, &folder, err);
	if (r == 0)
		r = folder_enter(&folder, SNAPSHOTS, &snapshots, err);
	if (r == 0)
		r = open_checkpoint(&snapshots, guid_format(&guid, text), ret, err);
	if (r == -ENOENT)
		return error_usage(err,
				   "there is no '%s/%s.vmcx' or '.xml', nor another folder in "
				   "which the checkpoint could be",
				   snapshots.path ? snapshots.path : SNAPSHOTS, text);
	return r;
}
