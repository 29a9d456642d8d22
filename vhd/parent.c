/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking for the parent of a differencing disk: see parent.h. */
#include "vhd/parent.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/checked.h"

/* The folder of 'path' with its slash, "" for a bare name, as a new string. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strndup(path, slash ? (size_t)(slash + 1 - path) : 0);
}

/* A Windows path with slashes. */
static char *with_slashes(const char *windows)
{
	char *path = strdup(windows);

	for (char *at = path; at && *at; at++)
		if (*at == '\\')
			*at = '/';
	return path;
}

static int add_place(struct parent_search *search, const char *folder, const char *rest)
{
	char *place;

	while (*rest == '/')
		rest++;
	if (!*rest || search->count == PARENT_PLACES_MAX || strlen(rest) >= PATH_MAX)
		return 0;
	if (asprintf(&place, "%s%s%s", folder,
		     *folder && folder[strlen(folder) - 1] != '/' ? "/" : "", rest) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < search->count; i++)
		if (strcmp(search->places[i], place) == 0) {
			free(place);
			return 0;
		}
	search->places[search->count++] = place;
	return 0;
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Every tail of 'path' that begins after a slash, the longest first: the drive or volume in front
 * of it is no folder. */
static int add_tails(struct parent_search *search, const char *folder, const char *path)
{
	int r = 0;

	while (*path == '/' || strncmp(path, "?/", 2) == 0 || strncmp(path, "./", 2) == 0 ||
	       strncmp(path, "../", 3) == 0)
		path++;
	if (strchr(path, ':') || strncasecmp(path, "Volume{", 7) == 0)
		path = strchr(path, '/') ? strchr(path, '/') : last_name(path);
	while (path && r == 0) {
		r = add_place(search, folder, path);
		path = strchr(path, '/');
		while (path && *path == '/')
			path++;
	}
	return r;
}

static int add_places(struct parent_search *search, const char *folder, char *const paths[3],
		      const struct vhd_open_options *options)
{
	int r = paths[0] ? add_place(search, folder, paths[0]) : 0;

	for (size_t i = 0; i < 3 && r == 0; i++)
		if (paths[i])
			r = add_place(search, folder, last_name(paths[i]));
	for (size_t d = 0; options && options->parent_dirs && options->parent_dirs[d] && r == 0;
	     d++)
		for (size_t i = 0; i < 3 && r == 0; i++)
			/* The absolute path first: it is the longest. */
			if (paths[(i + 1) % 3])
				r = add_tails(search, options->parent_dirs[d], paths[(i + 1) % 3]);
	return r;
}

int parent_search_init(struct parent_search *search, const struct image *child,
		       const struct vhd_open_options *options)
{
	const struct parent_reference *parent = &child->parent;
	const char *const from[3] = {parent->relative, parent->absolute, parent->volume};
	CLEANUP_FREE char *folder = folder_of(child->file.path);
	char *paths[3] = {NULL};
	int r = folder ? 0 : -ENOMEM;

	*search = (struct parent_search){.child = child->file.path};
	for (size_t i = 0; i < 3 && r == 0; i++)
		if (from[i] && !(paths[i] = with_slashes(from[i])))
			r = -ENOMEM;
	if (r == 0)
		r = add_places(search, folder, paths, options);
	for (size_t i = 0; i < 3; i++)
		free(paths[i]);
	return r;
}

/*
 * The name in 'folder' that equals 'name' but for case, as a new string; NULL when there is none.
 */
static char *find_name(const char *folder, const char *name)
{
	DIR *dir = opendir(*folder ? folder : ".");
	struct dirent *entry;
	char *found = NULL;

	while (dir && !found && (entry = readdir(dir)))
		if (strcasecmp(entry->d_name, name) == 0)
			found = strdup(entry->d_name);
	if (dir)
		closedir(dir);
	return found;
}

/* Append the next component of the wanted path, spelled as it is on disk, to *path. False when it
 * is not there. */
static bool add_component(char **path, const char *component)
{
	CLEANUP_FREE char *found = NULL;
	char *next;

	if (asprintf(&next, "%s%s", *path, component) < 0)
		return false;
	if (access(next, F_OK) != 0) {
		free(next);
		found = find_name(*path, component);
		if (!found || asprintf(&next, "%s%s", *path, found) < 0)
			return false;
	}
	free(*path);
	*path = next;
	return true;
}

/* The place as it is spelled on disk: components are looked up one by one when the whole is not
 * there. */
static char *find_case_blind(const char *place)
{
	CLEANUP_FREE char *rest = strdup(place);
	CLEANUP_FREE char *path = strdup(*place == '/' ? "/" : "");
	char *state = NULL;

	for (char *part = rest ? strtok_r(rest, "/", &state) : NULL; path && part;) {
		char *next, *following = strtok_r(NULL, "/", &state);

		if (!add_component(&path, part))
			return NULL;
		if (following) {
			if (asprintf(&next, "%s/", path) < 0)
				return NULL;
			free(path);
			path = next;
		}
		part = following;
	}
	return TAKE(path);
}

char *parent_search_find(const struct parent_search *search, size_t index)
{
	const char *place = search->places[index];

	return access(place, F_OK) == 0 ? strdup(place) : find_case_blind(place);
}

void parent_search_describe(const struct parent_search *search, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < search->count && used < size; i++) {
		int n = snprintf(text + used, size - used, "%s'%s'", i ? ", " : "",
				 search->places[i]);

		used += n > 0 ? (size_t)n : 0;
	}
}

void parent_search_done(struct parent_search *search)
{
	for (size_t i = 0; i < search->count; i++)
		free(search->places[i]);
	search->count = 0;
}
