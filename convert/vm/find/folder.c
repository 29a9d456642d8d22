/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names in folders: see folder.h. */
#include "convert/vm/find/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

void folder_close(struct folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
	free(folder->path);
	*folder = (struct folder)FOLDER_INIT;
}

char *folder_path(const struct folder *folder, const char *name)
{
	char *path;
	const char *between = strcmp(folder->path, "/") == 0 ? "" : "/";

	if (strcmp(folder->path, ".") == 0)
		return strdup(name);
	return asprintf(&path, "%s%s%s", folder->path, between, name) < 0 ? NULL : path;
}

static int take(int fd, char *path, struct folder *ret, struct error *err)
{
	if (!path) {
		close(fd);
		return error_failed(err, ENOMEM, "out of memory");
	}
	*ret = (struct folder){fd, path};
	return 0;
}

int folder_open(const char *path, struct folder *ret, struct error *err)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return fd < 0 ? error_errno(err, "'%s'", path) : take(fd, strndup(path, length), ret, err);
}

void folder_names_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool add_name(char ***names, size_t *count, const char *name)
{
	char **grown = realloc(*names, (*count + 1) * sizeof(*grown));

	if (!grown)
		return false;
	*names = grown;
	grown[*count] = strdup(name);
	return grown[(*count)++] != NULL;
}

int folder_list(const struct folder *folder, char ***ret, size_t *ret_count, struct error *err)
{
	int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool is_whole = true;
	int code;

	*ret = NULL;
	*ret_count = 0;
	if (!dir) {
		int r = error_errno(err, "'%s'", folder->path);

		if (fd >= 0)
			close(fd);
		return r;
	}
	while (is_whole && (errno = 0, entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			is_whole = add_name(ret, ret_count, entry->d_name);
	code = is_whole ? errno : ENOMEM; /* the end has no errno */
	closedir(dir);
	if (code) {
		folder_names_free(*ret, *ret_count);
		*ret = NULL;
		*ret_count = 0;
		return error_failed(err, code, "'%s': %s", folder->path, strerror(code));
	}
	if (*ret_count)
		qsort(*ret, *ret_count, sizeof(**ret), by_name);
	return 0;
}

/* What of the list differs from 'name' in case alone; NULL when nothing does. */
static int pick_name(const struct folder *folder, char *const *names, size_t count,
		     const char *name, const char **ret, struct error *err)
{
	*ret = NULL;
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(names[i], name) != 0)
			continue;
		if (*ret) {
			error_refused(err, REFUSAL_DISK_CONFLICT,
				      "rename the one that is not meant",
				      "'%s' in '%s' could be '%s' or '%s'", name, folder->path,
				      *ret, names[i]);
			return error_of_wish(err);
		}
		*ret = names[i];
	}
	return 0;
}

/*
 * The name as it is written in the folder: as it stands, or the one that differs in case alone.
 * -ENOENT when there is none; REFUSAL_DISK_CONFLICT when there are several.
 */
static int find_name(const struct folder *folder, const char *name, char **ret, struct error *err)
{
	const char *picked;
	struct stat st;
	char **names;
	size_t count;
	int r;

	*ret = NULL;
	if (fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		*ret = strdup(name);
		return *ret ? 0 : error_failed(err, ENOMEM, "out of memory");
	}
	if (errno != ENOENT && errno != ENAMETOOLONG)
		return error_errno(err, "'%s/%s'", folder->path, name);
	r = folder_list(folder, &names, &count, err);
	if (r < 0)
		return r;
	r = pick_name(folder, names, count, name, &picked, err);
	if (r == 0 && picked && !(*ret = strdup(picked)))
		r = error_failed(err, ENOMEM, "out of memory");
	folder_names_free(names, count);
	return r < 0 || picked ? r : -ENOENT;
}

int folder_enter(const struct folder *folder, const char *name, struct folder *ret,
		 struct error *err)
{
	CLEANUP_FREE char *found = NULL;
	int fd, r = find_name(folder, name, &found, err);

	if (r < 0)
		return r;
	fd = openat(folder->fd, found, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return -ENOENT;
	if (fd < 0)
		return error_errno(err, "'%s/%s'", folder->path, found);
	return take(fd, folder_path(folder, found), ret, err);
}

/* "EXPORT" of "EXPORT/Virtual Machines", where that is no other folder than "..". */
static char *path_above(const struct folder *folder, const struct stat *above)
{
	const char *slash = strrchr(folder->path, '/');
	char *path = slash ? strndup(folder->path,
				     slash == folder->path ? 1 : (size_t)(slash - folder->path))
			   : strdup(".");
	struct stat st;

	if (path && stat(path, &st) == 0 && st.st_dev == above->st_dev &&
	    st.st_ino == above->st_ino)
		return path;
	free(path);
	return strcmp(folder->path, ".") == 0 ? strdup("..") : folder_path(folder, "..");
}

int folder_leave(const struct folder *folder, struct folder *ret, struct error *err)
{
	int fd = openat(folder->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		int r = error_errno(err, "'%s/..'", folder->path);

		if (fd >= 0)
			close(fd);
		return r;
	}
	return take(fd, path_above(folder, &st), ret, err);
}

/* O_NONBLOCK: a FIFO must not keep us waiting, should one take the place of the file. */
static int open_regular(const struct folder *folder, const char *name, bool *ret_is_special,
			struct error *err)
{
	struct stat st;
	int fd;

	/* A device is not even opened: that alone can have an effect. */
	if (fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? -ENOENT : error_errno(err, "'%s/%s'", folder->path, name);
	*ret_is_special = !S_ISREG(st.st_mode);
	if (*ret_is_special)
		return -ENOENT;
	fd = openat(folder->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "'%s/%s'", folder->path, name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		*ret_is_special = true;
		return -ENOENT;
	}
	return fd;
}

int folder_open_file(const struct folder *folder, const char *name, int *ret_fd, char **ret_path,
		     bool *ret_is_special, struct error *err)
{
	CLEANUP_FREE char *found = NULL;
	int fd, r = find_name(folder, name, &found, err);

	*ret_is_special = false;
	if (r < 0)
		return r;
	fd = open_regular(folder, found, ret_is_special, err);
	if (fd < 0)
		return fd;
	*ret_path = folder_path(folder, found);
	if (!*ret_path) {
		close(fd);
		return error_failed(err, ENOMEM, "out of memory");
	}
	*ret_fd = fd;
	return 0;
}
