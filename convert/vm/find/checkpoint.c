/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration of a checkpoint: see find.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* -ENOENT when there is none. */
static int open_snapshots(const char *config_path, struct folder *ret, struct error *err)
{
	CLEANUP_FREE char *root = vm_find_root(config_path);
	CLEANUP_FOLDER struct folder folder = FOLDER_INIT;
	int r;

	if (!root)
		return error_failed(err, ENOMEM, "out of memory");
	r = folder_open(root, &folder, err);
	return r < 0 ? r : folder_enter(&folder, SNAPSHOTS, ret, err);
}

int vm_find_checkpoint(const char *config_path, const char *id, struct vm_file *ret,
		       struct error *err)
{
	CLEANUP_FOLDER struct folder snapshots = FOLDER_INIT;
	char text[GUID_TEXT_SIZE];
	struct guid guid;
	int r;

	if (!guid_parse(id, &guid))
		return error_usage(err, "'%s' is no id of a checkpoint, which is a GUID", id);
	guid_format(&guid, text);
	r = open_snapshots(config_path, &snapshots, err);
	if (r == 0)
		r = open_checkpoint(&snapshots, text, ret, err);
	if (r == -ENOENT)
		return error_usage(err, "there is no '%s/%s.vmcx' or '.xml' of the VM",
				   snapshots.path ? snapshots.path : SNAPSHOTS, text);
	return r;
}

/* "ID.vmcx" and "ID.xml" name one. */
static bool take_id(const char *name, char text[GUID_TEXT_SIZE])
{
	const char *dot = strrchr(name, '.');
	CLEANUP_FREE char *stem = dot ? strndup(name, (size_t)(dot - name)) : NULL;
	struct guid guid;

	if (!stem || !guid_parse(stem, &guid) ||
	    (strcasecmp(dot, ".vmcx") != 0 && strcasecmp(dot, ".xml") != 0))
		return false;
	guid_format(&guid, text);
	return true;
}

static int add_id(char **ids, size_t *count, const char *text, struct error *err)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(ids[i], text) == 0)
			return 0;
	if (*count == VM_MAX_CHECKPOINTS)
		return 0;
	ids[*count] = strdup(text);
	if (!ids[*count])
		return error_failed(err, ENOMEM, "out of memory");
	(*count)++;
	return 0;
}

int vm_find_checkpoints(const char *config_path, char ***ret, size_t *ret_count, struct error *err)
{
	CLEANUP_FOLDER struct folder snapshots = FOLDER_INIT;
	char **names = NULL, text[GUID_TEXT_SIZE];
	size_t count = 0;
	int r = open_snapshots(config_path, &snapshots, err);

	*ret_count = 0;
	*ret = calloc(VM_MAX_CHECKPOINTS, sizeof(**ret));
	if (!*ret)
		return error_failed(err, ENOMEM, "out of memory");
	if (r == 0)
		r = folder_list(&snapshots, &names, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (take_id(names[i], text))
			r = add_id(*ret, ret_count, text, err);
	folder_names_free(names, count);
	return r == -ENOENT && snapshots.fd < 0 ? 0 : r;
}
