/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The image that a configuration records, on this host: see find.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "convert/vm/find/find.h"
#include "convert/vm/find/folder.h"

#define MACHINES "Virtual Machines"
#define DISKS	 "Virtual Hard Disks"

#define MAX_NAMES 64 /* of a path: Windows has 32767 characters, nobody has so many folders */

static bool is_separator(char c)
{
	return c == '/' || c == '\\';
}

int vm_map_parse(const char *text, struct vm_map *ret, struct error *err)
{
	const char *equal = strchr(text, '=');

	if (!equal || equal == text || !equal[1])
		return error_usage(
			err, "option '--map': '%s' is not FROM=TO, such as 'D:\\VMs=/mnt/vms'",
			text);
	*ret = (struct vm_map){text, (size_t)(equal - text), equal + 1};
	while (ret->from_size > 1 && is_separator(text[ret->from_size - 1]))
		ret->from_size--;
	return 0;
}

/* A path in its names. */
struct names {
	char *text; /* in which separators are NUL */
	const char *list[MAX_NAMES];
	size_t count;
};

/*
 * Dots and spaces alone lead upwards, or stay where they are, or are no name: Windows drops dots
 * and spaces at the end of a name, so that it takes ".. " for "..".
 */
static bool is_dots(const char *name)
{
	return name[strspn(name, ". ")] == '\0';
}

static int split(const char *path, struct names *ret, struct error *err)
{
	char *at = ret->text = strdup(path);

	ret->count = 0;
	if (!at)
		return error_failed(err, ENOMEM, "out of memory");
	while (*at) {
		char *name = at;

		while (*at && !is_separator(*at))
			at++;
		if (*at)
			*at++ = '\0';
		if (*name == '\0')
			continue;
		if (ret->count == MAX_NAMES || is_dots(name))
			return error_refused(
				err, REFUSAL_DISK_PATH,
				"attach the disk by its plain path on the VM's host, and export the "
				"VM again",
				"the path '%.300s' holds '%.20s', and is not followed: it could lead "
				"to any file",
				path, ret->count == MAX_NAMES ? "too many folders" : name);
		ret->list[ret->count++] = name;
	}
	return 0;
}

static char plain(char c)
{
	if (c == '\\')
		return '/';
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Does the path begin with the folder of the mapping? */
static bool is_mapped(const struct vm_map *map, const char *path)
{
	for (size_t i = 0; i < map->from_size; i++)
		if (!path[i] || plain(path[i]) != plain(map->from[i]))
			return false;
	return is_separator(path[map->from_size]) || is_separator(map->from[map->from_size - 1]);
}

static const struct vm_map *find_map(const struct vm_maps *maps, const char *path)
{
	const struct vm_map *best = NULL;

	for (size_t i = 0; i < maps->count; i++)
		if (is_mapped(&maps->list[i], path) &&
		    (!best || maps->list[i].from_size > best->from_size))
			best = &maps->list[i];
	return best;
}

struct hunt {
	const char *recorded;
	struct vm_file file;
	struct buffer places; /* where it was looked for */
	bool is_special;      /* there was something, but no regular file */
};

static int open_in(struct hunt *hunt, const struct folder *folder, const char *name,
		   struct error *err)
{
	bool is_special = false;
	int r;

	buffer_printf(&hunt->places, "%s'%s'", hunt->places.size ? ", " : "", folder->path);
	r = folder_open_file(folder, name, &hunt->file.fd, &hunt->file.path, &is_special, err);
	hunt->is_special |= is_special;
	return r;
}

/* The names of the path, one after the other, from 'folder' on, which is closed. */
static int follow(struct hunt *hunt, struct folder *folder, const struct names *names,
		  struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i + 1 < names->count; i++) {
		struct folder inner = FOLDER_INIT;

		r = folder_enter(folder, names->list[i], &inner, err);
		if (r == -ENOENT)
			buffer_printf(&hunt->places, "'%s' without a folder '%s'", folder->path,
				      names->list[i]);
		if (r < 0)
			break;
		folder_close(folder);
		*folder = inner;
	}
	return r < 0 ? r : open_in(hunt, folder, names->list[names->count - 1], err);
}

static int hunt_mapped(struct hunt *hunt, const struct vm_map *map, struct error *err)
{
	CLEANUP_FOLDER struct folder folder = FOLDER_INIT;
	struct names rest = {.text = NULL};
	int r = split(hunt->recorded + map->from_size, &rest, err);

	if (r == 0)
		r = folder_open(map->to, &folder, err);
	if (r == 0)
		r = rest.count ? follow(hunt, &folder, &rest, err) : -ENOENT;
	free(rest.text);
	return r;
}

static int hunt_in(struct hunt *hunt, const struct folder *folder, const char *name,
		   struct error *err)
{
	CLEANUP_FOLDER struct folder disks = FOLDER_INIT;
	int r = open_in(hunt, folder, name, err);

	if (r == -ENOENT)
		r = folder_enter(folder, DISKS, &disks, err);
	else
		return r;
	return r < 0 ? r : open_in(hunt, &disks, name, err);
}

/* The last name of a path of folders, without its separators. */
static bool is_called(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return strcasecmp(slash ? slash + 1 : path, name) == 0;
}

static int hunt_in_export(struct hunt *hunt, const char *config_path, const char *name,
			  struct error *err)
{
	const char *slash = strrchr(config_path, '/');
	CLEANUP_FREE char *path =
		slash ? strndup(config_path,
				slash == config_path ? 1 : (size_t)(slash - config_path))
		      : strdup(".");
	CLEANUP_FOLDER struct folder folder = FOLDER_INIT;
	CLEANUP_FOLDER struct folder above = FOLDER_INIT;
	CLEANUP_FREE char *real = NULL;
	int r;

	if (!path)
		return error_failed(err, ENOMEM, "out of memory");
	r = folder_open(path, &folder, err);
	if (r == 0)
		r = hunt_in(hunt, &folder, name, err);
	if (r != -ENOENT)
		return r;
	real = realpath(path, NULL);
	if (!real || !is_called(real, MACHINES))
		return -ENOENT;
	r = folder_leave(&folder, &above, err);
	return r < 0 ? r : hunt_in(hunt, &above, name, err);
}

static int refuse_missing(const struct hunt *hunt, const char *places, struct error *err)
{
	error_refused(err, REFUSAL_DISK_MISSING,
		      "copy it there, or say with --map 'D:\\FOLDER=/FOLDER' which folder here "
		      "is the one that is recorded",
		      "'%.300s' is not in %.500s%s", hunt->recorded, places,
		      hunt->is_special ? " (what has its name is no regular file, and is not "
					 "opened)"
				       : "");
	return error_of_wish(err);
}

int vm_find_disk(const char *config_path, const struct vm_maps *maps, const char *recorded,
		 struct vm_file *ret, struct error *err)
{
	const struct vm_map *map = find_map(maps, recorded);
	struct hunt hunt = {.recorded = recorded, .file = VM_FILE_INIT};
	struct names names = {.text = NULL};
	CLEANUP_FREE char *places = NULL;
	int r;

	if (!*recorded)
		return error_refused(err, REFUSAL_DISK_MISSING,
				     "attach its disk to it again on the VM's host and export the "
				     "VM again, or convert the disk alone",
				     "no file is recorded for this drive");
	r = split(recorded, &names, err);
	if (r == 0 && map)
		r = hunt_mapped(&hunt, map, err);
	else if (r == 0)
		r = names.count
			    ? hunt_in_export(&hunt, config_path, names.list[names.count - 1], err)
			    : -ENOENT;
	free(names.text);
	places = buffer_take_text(&hunt.places);
	if (r == -ENOENT)
		return refuse_missing(&hunt, places && *places ? places : "any folder", err);
	if (r == 0)
		*ret = hunt.file;
	return r;
}
