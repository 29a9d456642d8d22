/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a source is: see identity.h. */
#include "convert/batch/plan/identity.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/json/text_json.h"
#include "convert/batch/plan/child.h"
#include "convert/batch/state/record.h"
#include "vhd/vhd.h"

#define MAX_PATHS 64
/* Of a chain, as text. */
#define MAX_TEXT (1 * MIB)

static json_t *file_object(const char *path, const struct stat *st)
{
	json_t *object = json_object();

	text_json_set_path(object, "path", path);
	json_object_set_new(object, "size", json_integer((json_int_t)st->st_size));
	json_object_set_new(object, "mtime_ns",
			    json_integer((json_int_t)st->st_mtim.tv_sec * 1000000000 +
					 st->st_mtim.tv_nsec));
	return object;
}

static void set_guid(json_t *object, const char *key, const struct guid *guid)
{
	char text[GUID_TEXT_SIZE];

	json_object_set_new(object, key, json_string(guid_format(guid, text)));
}

static json_t *member_object(const struct disk *disk, unsigned int index)
{
	const struct vhd_info *info = vhd_member_info(disk, index);
	struct stat st = {.st_size = 0};
	json_t *object;

	vhd_member_stat(disk, index, &st);
	object = file_object(vhd_member_path(disk, index), &st);
	if (info->format == VHD_FORMAT_VHDX) {
		set_guid(object, "file_write_guid", &info->file_write_guid);
		set_guid(object, "data_write_guid", &info->data_write_guid);
	} else if (info->format == VHD_FORMAT_VHD) {
		set_guid(object, "unique_id", &info->disk_id);
	}
	return object;
}

/* The strings of a value that is one, or a list of them. */
static void list_paths(const json_t *value, const char *paths[MAX_PATHS + 1])
{
	size_t count = 0;

	if (json_is_string(value))
		paths[count++] = json_string_value(value);
	for (size_t i = 0; i < json_array_size(value) && count < MAX_PATHS; i++)
		if (json_is_string(json_array_get(value, i)))
			paths[count++] = json_string_value(json_array_get(value, i));
	paths[count] = NULL;
}

static enum vhd_open_format stated_format(const json_t *options)
{
	const char *format = record_text(options, "source-format");

	return strcmp(format, "raw") == 0    ? VHD_OPEN_RAW
	       : strcmp(format, "vhd") == 0  ? VHD_OPEN_VHD
	       : strcmp(format, "vhdx") == 0 ? VHD_OPEN_VHDX
					     : VHD_OPEN_BY_NAME;
}

struct reading {
	const char *path;
	const json_t *options;
};

/* In the child: the chain as JSON on standard output. */
static int read_chain(void *context)
{
	const struct reading *reading = context;
	const char *parents[MAX_PATHS + 1], *folders[MAX_PATHS + 1];
	const struct vhd_open_options open_options = {.format = stated_format(reading->options),
						      .parents = parents,
						      .parent_dirs = folders};
	CLEANUP_DISK struct disk *disk = NULL;
	CLEANUP_FREE char *text = NULL;
	CLEANUP_JSON json_t *root = json_object();
	json_t *files = json_array();

	list_paths(json_object_get(reading->options, "parent"), parents);
	list_paths(json_object_get(reading->options, "parent-dir"), folders);
	json_object_set_new(root, "files", files);
	if (vhd_open(reading->path, &open_options, &disk, NULL) < 0)
		return ERROR_FAILED;
	for (unsigned int i = 0; vhd_member_path(disk, i); i++)
		json_array_append_new(files, member_object(disk, i));
	text = text_json_dump(root);
	return text && write(STDOUT_FILENO, text, strlen(text)) == (ssize_t)strlen(text)
		       ? 0
		       : ERROR_FAILED;
}

/* NULL when it could not be opened, for whatever reason. */
static json_t *chain_of(const char *path, const json_t *options)
{
	CLEANUP_CHILD struct child child = CHILD_INIT;
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	struct reading reading = {path, options};
	CLEANUP_JSON json_t *root = NULL;

	if (child_fork(&child, read_chain, &reading, NULL) < 0)
		return NULL;
	if (child_wait(&child) != 0 || child_read(child.output, MAX_TEXT, &text, NULL) < 0)
		return NULL;
	root = json_loadb((const char *)text.data, text.size, 0, NULL);
	return json_incref(json_object_get(root, "files"));
}

static int add_file(json_t *list, const char *path, const json_t *options, bool is_disk,
		    struct error *err)
{
	CLEANUP_JSON json_t *chain = NULL;
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return error_errno(err, "'%s'", path);
	if (is_disk && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)))
		chain = chain_of(path, options);
	r = json_array_size(chain) > 0 ? json_array_extend(list, chain)
				       : json_array_append_new(list, file_object(path, &st));
	return r < 0 ? error_failed(err, ENOMEM, "out of memory") : 0;
}

int identity_read(const char *path, const json_t *options, const json_t *vm, json_t **ret,
		  struct error *err)
{
	const json_t *files = json_object_get(vm, "files");
	CLEANUP_JSON json_t *list = json_array();
	int r = vm ? 0 : add_file(list, path, options, /*is_disk=*/true, err);

	for (size_t i = 0; r == 0 && i < json_array_size(files); i++) {
		CLEANUP_FREE char *file = record_path(json_array_get(files, i), "path");

		r = file ? add_file(list, file, options, /*is_disk=*/i > 0, err)
			 : error_failed(err, ENOMEM, "out of memory");
	}
	if (r == 0)
		*ret = json_incref(list);
	return r;
}
