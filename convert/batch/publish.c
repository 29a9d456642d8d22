/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names for results: see publish.h. */
#include "convert/batch/publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/checked.h"
#include "convert/batch/state/record.h"

/* Another host that has just ended takes the empty folder away under us. */
#define TRIES 20

static ssize_t read_whole(int fd, uint8_t *buffer, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, buffer + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -1 : (ssize_t)done;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* 1: equal; 0: not; -1: cannot tell. */
static int compare_bytes(int a, int b, const volatile sig_atomic_t *stop)
{
	CLEANUP_FREE uint8_t *first = malloc(MIB), *second = malloc(MIB);
	ssize_t x, y;

	if (!first || !second)
		return -1;
	do {
		x = read_whole(a, first, MIB);
		y = read_whole(b, second, MIB);
		if (x < 0 || y < 0 || *stop)
			return -1;
		if (x != y || memcmp(first, second, (size_t)x) != 0)
			return 0;
	} while (x > 0);
	return 1;
}

static int compare_reports(int a, int b)
{
	CLEANUP_JSON json_t *first = NULL, *second = NULL;

	if (record_read_fd(a, "report", &first, NULL) < 0 ||
	    record_read_fd(b, "report", &second, NULL) < 0)
		return 0;
	json_object_del(first, "sandbox");
	json_object_del(second, "sandbox");
	return json_equal(first, second);
}

static int compare_files(const char *staged, const char *path, const char *role,
			 const volatile sig_atomic_t *stop, struct error *err)
{
	CLEANUP_FD int a = open(staged, O_RDONLY | O_CLOEXEC);
	CLEANUP_FD int b = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat mine, other;
	int same;

	if (a < 0 || b < 0 || fstat(a, &mine) < 0 || fstat(b, &other) < 0)
		return error_errno(err, "'%s': cannot compare it with what was made", path);
	same = S_ISREG(other.st_mode) &&
	       (strcmp(role, "report") == 0	? compare_reports(a, b)
		: mine.st_size != other.st_size ? 0
						: compare_bytes(a, b, stop));
	if (same > 0)
		return 0;
	if (same < 0)
		return *stop ? error_failed(err, EINTR, "interrupted")
			     : error_failed(err, EIO, "'%s': cannot compare it with what was made",
					    path);
	return error_failed(
		err, EEXIST,
		"'%s' exists already and is another file than the one that was made; it stays",
		path);
}

static bool has_two_names(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_nlink == 2;
}

static int link_output(const char *staged, const char *path, const char *role,
		       const volatile sig_atomic_t *stop, struct error *err)
{
	int code;

	if (link(staged, path) == 0)
		return 0;
	code = errno;
	if (code == EEXIST)
		return compare_files(staged, path, role, stop, err);
	if (has_two_names(staged)) /* only the answer was lost */
		return 0;
	/* A file system without hard links: an old name is not replaced either. */
	if ((code == EPERM || code == EOPNOTSUPP || code == ENOSYS) &&
	    renameat2(AT_FDCWD, staged, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	errno = code;
	return error_errno(err, "'%s': cannot make it", path);
}

static int name_output(const char *stage, const json_t *outputs, const char *role, bool replace,
		       const volatile sig_atomic_t *stop, struct error *err)
{
	CLEANUP_FREE char *path = record_path(outputs, role), *staged = NULL;

	if (!path)
		return 0;
	if (asprintf(&staged, "%s/%s", stage, role) < 0) {
		staged = NULL;
		return error_failed(err, ENOMEM, "out of memory");
	}
	if (!replace)
		return link_output(staged, path, role, stop, err);
	return rename(staged, path) < 0 ? error_errno(err, "'%s': cannot make it", path) : 0;
}

static int sync_folder(const json_t *outputs, const char *role, struct error *err)
{
	CLEANUP_FREE char *path = record_path(outputs, role);
	CLEANUP_FD int fd = path ? open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (!path)
		return 0;
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL && errno != EROFS))
		return error_errno(err, "'%s': cannot sync this folder", path);
	return 0;
}

/* All of them are to go, or the next run finds the next one. */
static int advise(const json_t *outputs, struct error *err)
{
	CLEANUP_FREE char *names = record_outputs_text(outputs);
	CLEANUP_FREE char *message = err ? strdup(err->message) : NULL;

	if (names && message)
		error_failed(err, EEXIST,
			     "%s: move what there is of %s away, or replace it with --force",
			     message, names);
	return -EEXIST;
}

/* The old report goes out of the way first, so that no mixture looks whole. */
static int set_aside(const char *report, const char *old, struct error *err)
{
	if (rename(report, old) == 0 || errno == ENOENT)
		return 0;
	/* On another file system than the disk it cannot be kept. */
	if (errno == EXDEV && unlink(report) == 0)
		return 0;
	return error_errno(err, "'%s': cannot be moved out of the way", report);
}

int publish_outputs(const char *stage, const json_t *outputs, bool replace,
		    const volatile sig_atomic_t *stop, struct error *err)
{
	CLEANUP_FREE char *report = record_path(outputs, "report"), *old = NULL;
	const char *role;
	int r = 0;

	if (asprintf(&old, "%s/old", stage) < 0) {
		old = NULL;
		return error_failed(err, ENOMEM, "out of memory");
	}
	if (replace && report)
		r = set_aside(report, old, err);
	for (size_t i = 0; r == 0 && (role = record_role(outputs, i)); i++) {
		r = name_output(stage, outputs, role, replace, stop, err);
		if (r == 0)
			r = sync_folder(outputs, role, err);
	}
	if (r < 0 && replace && report) /* it is there again, unless the new one is */
		(void)!link(old, report);
	return r == -EEXIST ? advise(outputs, err) : r;
}

char *publish_stage(const char *disk, const char *token)
{
	CLEANUP_FREE char *copy = strdup(disk);
	char *stage;

	if (!copy || asprintf(&stage, "%s/work/%s", dirname(copy), token) < 0)
		return NULL;
	return stage;
}

static int make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int r;

		*slash = '\0';
		r = mkdir(path, 0777);
		*slash = '/';
		if (r < 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
			return -1;
	}
	return mkdir(path, 0700);
}

int publish_make_stage(const char *stage, struct error *err)
{
	CLEANUP_FREE char *path = strdup(stage);
	int r = -1;

	if (!path)
		return error_failed(err, ENOMEM, "out of memory");
	for (int i = 0; r < 0 && i < TRIES; i++) {
		r = make_folders(path);
		if (r < 0 && errno != ENOENT)
			break;
	}
	return r < 0 ? error_errno(err, "'%s': cannot make this folder", stage) : 0;
}

static void remove_files(const char *folder)
{
	DIR *listing = opendir(folder);
	struct dirent *entry;

	while (listing && (entry = readdir(listing)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(listing), entry->d_name, 0);
	if (listing)
		closedir(listing);
}

void publish_remove_stage(const char *stage)
{
	CLEANUP_FREE char *copy = strdup(stage);

	remove_files(stage);
	rmdir(stage);
	if (copy)
		rmdir(dirname(copy));
}

uint64_t publish_progress(const char *stage)
{
	DIR *listing = opendir(stage);
	struct dirent *entry;
	uint64_t bytes = 0;
	struct stat st;

	while (listing && (entry = readdir(listing)))
		if (fstatat(dirfd(listing), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_blocks * 512;
	if (listing)
		closedir(listing);
	return bytes;
}
