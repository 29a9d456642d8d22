/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A volume of any file system: see files.h. */
#include "convert/files/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void files_cleanup(struct files **files)
{
	if (*files)
		(*files)->ops->close(*files);
	*files = NULL;
}

const char *files_label(const struct files *files)
{
	return files->ops->label(files);
}

static int by_name(const void *a, const void *b)
{
	const struct files_entry *one = a, *other = b;
	int order = strcasecmp(one->name, other->name);

	return order ? order : strcmp(one->name, other->name);
}

int files_list(struct files *files, const char *path, struct files_entry **ret, size_t *ret_count,
	       struct error *err)
{
	int r = files->ops->list(files, path, ret, ret_count, err);

	if (r == 0 && *ret_count)
		qsort(*ret, *ret_count, sizeof(**ret), by_name);
	return r;
}

void files_entries_free(struct files_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(entries[i].name);
	free(entries);
}

int files_find(struct files *files, const char *path, bool *ret_is_folder, struct error *err)
{
	return files->ops->find(files, path, ret_is_folder, err);
}

bool files_exist(struct files *files, const char *path)
{
	bool is_folder;

	return files_find(files, path, &is_folder, NULL) != -ENOENT;
}

int files_read(struct files *files, const char *path, size_t max_size, uint8_t **ret_data,
	       size_t *ret_size, struct error *err)
{
	return files->ops->read(files, path, max_size, ret_data, ret_size, err);
}

int files_holds_more(struct files *files, const char *path, bool *ret, struct error *err)
{
	return files->ops->holds_more(files, path, ret, err);
}
