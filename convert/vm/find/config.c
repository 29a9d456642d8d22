/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration that the user means: see find.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "convert/vm/find/find.h"
#include "convert/vm/find/folder.h"

#define MACHINES "Virtual Machines"

/* A saved state holds the memory of the VM, of which it has 32 MiB at least; without one the
 * file has some 50 KiB. */
#define SAVED_STATE_SIZE (16 * MIB)

void vm_file_close(struct vm_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	*file = (struct vm_file)VM_FILE_INIT;
}

static bool ends_in(const char *name, const char *ending)
{
	size_t length = strlen(name), size = strlen(ending);

	return length > size && strcasecmp(name + length - size, ending) == 0;
}

static bool is_config(const char *name)
{
	return ends_in(name, ".vmcx") || ends_in(name, ".xml");
}

bool vm_is_named(const char *path)
{
	struct stat st;

	return is_config(path) || ends_in(path, ".exp") ||
	       (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

/* The folder is looked at as it is called, through links: the disks are looked for by the same. */
char *vm_find_root(const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP_FREE char *folder = NULL, *real = NULL;
	const char *name;
	struct stat st;
	char *above;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		folder = strdup(path);
	else
		folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path))
			       : strdup(".");
	real = folder ? realpath(folder, NULL) : NULL;
	name = real ? strrchr(real, '/') + 1 : "";
	if (strcasecmp(name, MACHINES) != 0)
		return TAKE(folder);
	return asprintf(&above, "%s/..", folder) < 0 ? NULL : above;
}

/* "web01.xml" when there is a "web01.vmcx" as well. */
static bool has_better(char *const *names, size_t count, const char *name)
{
	size_t stem = strlen(name) - strlen(".xml");

	if (!ends_in(name, ".xml"))
		return false;
	for (size_t i = 0; i < count; i++)
		if (ends_in(names[i], ".vmcx") && strlen(names[i]) == stem + strlen(".vmcx") &&
		    strncasecmp(names[i], name, stem) == 0)
			return true;
	return false;
}

/* What a search has found: the one file, and the names of all. */
struct search {
	struct vm_file file;
	struct buffer names;
	size_t count;
};

static int look_in(struct search *search, const struct folder *folder, struct error *err)
{
	char **names;
	size_t count;
	int r = folder_list(folder, &names, &count, err);

	for (size_t i = 0; r == 0 && i < count; i++) {
		struct vm_file file = VM_FILE_INIT;
		bool is_special;

		if (!is_config(names[i]) || has_better(names, count, names[i]))
			continue;
		r = folder_open_file(folder, names[i], &file.fd, &file.path, &is_special, err);
		if (r == -ENOENT) { /* no regular file */
			r = 0;
			continue;
		}
		if (r < 0)
			break;
		if (search->names.size < 600)
			buffer_printf(&search->names, "%s'%s'", search->count ? ", " : "",
				      file.path);
		search->count++;
		vm_file_close(&search->file);
		search->file = file;
	}
	folder_names_free(names, count);
	return r;
}

/* An export has this folder, but not every place where a configuration may be. */
static int look_in_machines(struct search *search, const struct folder *folder, struct error *err)
{
	CLEANUP_FOLDER struct folder machines = FOLDER_INIT;
	int r = folder_enter(folder, MACHINES, &machines, err);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : look_in(search, &machines, err);
}

static int judge_search(struct search *search, const char *path, struct error *err)
{
	CLEANUP_FREE char *names = NULL;

	if (search->count == 1)
		return 0;
	if (search->count == 0)
		return error_refused(
			err, REFUSAL_NO_VM,
			"give the folder of an export, or the .vmcx or .xml file itself",
			"'%s' holds no configuration of a VM, nor does its folder '%s'", path,
			MACHINES);
	names = buffer_take_text(&search->names);
	return error_refused(err, REFUSAL_SEVERAL_VMS, "give the one that is meant",
			     "'%s' holds the configurations of %zu VMs: %s", path, search->count,
			     names ? names : "");
}

static int search_folder(const char *path, struct vm_file *ret, struct error *err)
{
	CLEANUP_FOLDER struct folder folder = FOLDER_INIT;
	struct search search = {.file = VM_FILE_INIT};
	int r = folder_open(path, &folder, err);

	if (r == 0)
		r = look_in(&search, &folder, err);
	if (r == 0)
		r = look_in_machines(&search, &folder, err);
	if (r == 0)
		r = judge_search(&search, path, err);
	if (r == 0)
		*ret = search.file;
	else
		vm_file_close(&search.file);
	buffer_done(&search.names);
	return r;
}

static int open_named(const char *path, struct vm_file *ret, struct error *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, "'%s'", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return error_failed(err, EINVAL, "'%s' is no regular file", path);
	}
	ret->path = strdup(path);
	if (!ret->path) {
		close(fd);
		return error_failed(err, ENOMEM, "out of memory");
	}
	ret->fd = fd;
	return 0;
}

int vm_find_config(const char *path, struct vm_file *ret, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_errno(err, "'%s'", path);
	if (S_ISDIR(st.st_mode))
		return search_folder(path, ret, err);
	if (ends_in(path, ".exp"))
		return error_refused(err, REFUSAL_VM_CONFIG_VERSION,
				     "import the VM on a host of Windows Server 2012 R2 and export "
				     "it there, or convert its disk alone",
				     "'%s' is an export of Windows Server 2008 or 2008 R2", path);
	return open_named(path, ret, err);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

int vm_file_read(const struct vm_file *file, size_t most, uint8_t **ret_data, size_t *ret_size,
		 struct error *err)
{
	CLEANUP_FREE uint8_t *data = NULL;
	struct stat st, after;
	size_t size, got = 0;

	if (fstat(file->fd, &st) < 0)
		return error_errno(err, "'%s'", file->path);
	if (st.st_size < 0 || (uint64_t)st.st_size > most)
		return error_damaged(err,
				     "'%s': a configuration of %lld bytes, at most %zu are read",
				     file->path, (long long)st.st_size, most);
	size = (size_t)st.st_size;
	data = malloc(size + 1);
	if (!data)
		return error_failed(err, ENOMEM, "'%s': out of memory", file->path);
	while (got < size) {
		ssize_t n = pread(file->fd, data + got, size - got, (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, "'%s'", file->path);
		if (n == 0)
			break;
		got += (size_t)n;
	}
	if (got < size || fstat(file->fd, &after) < 0 || !is_same(&st, &after))
		return error_failed(err, EBUSY, "'%s' was changed while it was read; try again",
				    file->path);
	*ret_data = TAKE(data);
	*ret_size = size;
	return 0;
}

/*
 * Is there such a file, of at least 'least' bytes? What is no regular file is not opened, so that
 * nobody knows that it holds nothing.
 */
static int look_for_state(const struct folder *folder, const char *stem, const char *ending,
			  uint64_t least, char **ret_path, struct error *err)
{
	CLEANUP_VM_FILE struct vm_file file = VM_FILE_INIT;
	CLEANUP_FREE char *name = NULL;
	struct stat st;
	bool is_special;
	int r;

	if (*ret_path)
		return 0;
	if (asprintf(&name, "%s%s", stem, ending) < 0) {
		name = NULL;
		return error_failed(err, ENOMEM, "out of memory");
	}
	r = folder_open_file(folder, name, &file.fd, &file.path, &is_special, err);
	if (is_special) {
		*ret_path = folder_path(folder, name);
		return *ret_path ? 0 : error_failed(err, ENOMEM, "out of memory");
	}
	if (r == 0 && fstat(file.fd, &st) == 0 && (uint64_t)st.st_size >= least)
		*ret_path = TAKE(file.path);
	return r == -ENOENT ? 0 : r;
}

int vm_find_saved_state(const char *config_path, char **ret_path, struct error *err)
{
	const char *slash = strrchr(config_path, '/'), *dot = strrchr(config_path, '.');
	const char *name = slash ? slash + 1 : config_path;
	CLEANUP_FREE char *folder_name = strndup(config_path, (size_t)(name - config_path));
	CLEANUP_FREE char *stem = strndup(name, dot > name ? (size_t)(dot - name) : 0);
	CLEANUP_FOLDER struct folder folder = FOLDER_INIT;
	CLEANUP_FOLDER struct folder inner = FOLDER_INIT;
	int r;

	*ret_path = NULL;
	if (!folder_name || !stem)
		return error_failed(err, ENOMEM, "out of memory");
	if (!*stem)
		return 0;
	r = folder_open(*folder_name ? folder_name : ".", &folder, err);
	if (r == 0)
		r = look_for_state(&folder, stem, ".vmrs", SAVED_STATE_SIZE, ret_path, err);
	if (r == 0)
		r = look_for_state(&folder, stem, ".vsv", 0, ret_path, err);
	if (r < 0)
		return r;
	r = folder_enter(&folder, stem, &inner, err);
	if (r == -ENOENT) /* there is none, or a link to one */
		return look_for_state(&folder, stem, "", UINT64_MAX, ret_path, err);
	if (r < 0)
		return r;
	r = look_for_state(&inner, stem, ".vsv", 0, ret_path, err);
	return r < 0 ? r : look_for_state(&inner, stem, ".bin", 0, ret_path, err);
}
