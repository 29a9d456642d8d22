/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking for the parent of a differencing disk: see parent.h. */
#include "vhd/parent.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/checked.h"

/* The folder of 'path', "" for a bare name, as a new string. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strndup(path, slash ? (size_t)(slash + 1 - path) : 0);
}

/* What stands behind the last separator of either system; NULL when that is no name of a file. */
static const char *base_name(const char *path)
{
	const char *name = path;

	for (const char *at = path; *at; at++)
		if (*at == '/' || *at == '\\')
			name = at + 1;
	return !*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ? NULL : name;
}

static void add_name(struct parent_search *search, const char *path)
{
	const char *name = path ? base_name(path) : NULL;

	for (size_t i = 0; name && i < search->name_count; i++)
		if (strcmp(search->names[i], name) == 0)
			return;
	if (name)
		search->names[search->name_count++] = name;
}

int parent_search_init(struct parent_search *search, const struct image *child,
		       const struct vhd_open_options *options)
{
	*search = (struct parent_search){.child_folder = folder_of(child->file.path),
					 .folders = options ? options->parent_dirs : NULL};
	add_name(search, child->parent.relative);
	add_name(search, child->parent.absolute);
	add_name(search, child->parent.volume);
	return search->child_folder ? 0 : -ENOMEM;
}

/* Folder 'index' of all; NULL behind the last. */
static const char *folder_at(const struct parent_search *search, size_t index)
{
	const char *const *folder = search->folders;

	if (index == 0)
		return search->child_folder;
	while (folder && *folder && --index > 0)
		folder++;
	return folder ? *folder : NULL;
}

/* The first entry of the open folder that equals 'name' but for case, as a new string; NULL when
 * there is none. */
static char *find_name(int folder, const char *name)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	char *found = NULL;

	while (dir && !found && (entry = readdir(dir)))
		if (strcasecmp(entry->d_name, name) == 0)
			found = strdup(entry->d_name);
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return found;
}

static int open_name(int folder, const char *folder_name, const char *name, struct image_file *ret,
		     struct error *err)
{
	CLEANUP_FREE char *path = NULL;
	size_t length = strlen(folder_name);

	if (asprintf(&path, "%s%s%s", folder_name,
		     length && folder_name[length - 1] != '/' ? "/" : "", name) < 0) {
		path = NULL;
		return error_failed(err, ENOMEM, "out of memory");
	}
	return image_file_open_in(folder, name, path, ret, err);
}

int parent_search_open(const struct parent_search *search, size_t index, struct image_file *ret,
		       struct error *err)
{
	size_t count = search->name_count;
	const char *folder_name = count ? folder_at(search, index / count) : NULL;
	CLEANUP_FREE char *other = NULL;
	CLEANUP_FD int folder = -1;
	int r;

	if (!folder_name)
		return -ERANGE;
	folder = open(*folder_name ? folder_name : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 && (errno == ENOENT || errno == ENOTDIR))
		return -ENOENT;
	if (folder < 0)
		return error_errno(err, "'%s'", folder_name);
	r = open_name(folder, folder_name, search->names[index % count], ret, err);
	if (r == -ENOENT && (other = find_name(folder, search->names[index % count])))
		r = open_name(folder, folder_name, other, ret, err);
	return r;
}

static void append(char *text, size_t size, const char *before, const char *name)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s'%s'", before, name);
}

void parent_search_describe(const struct parent_search *search, char *text, size_t size)
{
	const char *folder;

	text[0] = '\0';
	for (size_t i = 0; i < search->name_count; i++)
		append(text, size, i ? " or " : "", search->names[i]);
	for (size_t i = 0; (folder = folder_at(search, i)); i++)
		append(text, size, i ? ", " : " in ", *folder ? folder : ".");
}

void parent_search_done(struct parent_search *search)
{
	free(search->child_folder);
	search->child_folder = NULL;
}
