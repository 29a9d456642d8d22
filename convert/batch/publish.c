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

int publish_name(const char *staged, const char *path, const char *role,
		 const volatile sig_atomic_t *stop, struct error *err)
{
	int code;

	if (link(staged, path) == 0)
		return 0;
	code = errno;
	if (code != EEXIST && has_two_names(staged)) /* only the answer was lost */
		return 0;
	code = link_error(AT_FDCWD, path, code);
	if (code == EEXIST)
		return compare_files(staged, path, role, stop, err);
	/* A file system without hard links: an old name is not replaced either. */
	if ((code == EPERM || code == EOPNOTSUPP || code == ENOSYS) &&
	    renameat2(AT_FDCWD, staged, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	errno = code;
	return error_errno(err, "'%s': cannot make it", path);
}

int publish_sync(const char *path, struct error *err)
{
	CLEANUP_FREE char *copy = strdup(path);
	CLEANUP_FD int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL && errno != EROFS))
		return error_errno(err, "'%s': cannot sync this folder", copy ? copy : path);
	return 0;
}

static char *join(const char *folder, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

/* Is nothing in the way, or what has the name already equal? Then it is noted in 'there'. */
static int look_at(const char *stage, const json_t *outputs, const char *role, json_t *there,
		   const volatile sig_atomic_t *stop, struct error *err)
{
	CLEANUP_FREE char *path = record_path(outputs, role), *staged = join(stage, role);
	struct stat st;
	int r;

	if (!path || !staged)
		return error_failed(err, ENOMEM, "out of memory");
	if (lstat(path, &st) < 0)
		return 0; /* what is wrong with it is told when the name is given */
	r = compare_files(staged, path, role, stop, err);
	if (r == 0)
		json_object_set_new(there, role, json_true());
	return r;
}

static int name_output(const char *stage, const json_t *outputs, const char *role,
		       const volatile sig_atomic_t *stop, struct error *err)
{
	CLEANUP_FREE char *path = record_path(outputs, role), *staged = join(stage, role);

	if (!path || !staged)
		return error_failed(err, ENOMEM, "out of memory");
	return publish_name(staged, path, role, stop, err);
}

static int sync_folder(const json_t *outputs, const char *role, struct error *err)
{
	CLEANUP_FREE char *path = record_path(outputs, role);

	return path ? publish_sync(path, err) : error_failed(err, ENOMEM, "out of memory");
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

int publish_outputs(const char *stage, const json_t *outputs, const volatile sig_atomic_t *stop,
		    struct error *err)
{
	CLEANUP_JSON json_t *there = json_object();
	const char *role;
	int r = 0;

	for (size_t i = 0; r == 0 && (role = record_role(outputs, i)); i++)
		r = look_at(stage, outputs, role, there, stop, err);
	for (size_t i = 0; r == 0 && (role = record_role(outputs, i)); i++) {
		if (!json_object_get(there, role))
			r = name_output(stage, outputs, role, stop, err);
		if (r == 0)
			r = sync_folder(outputs, role, err);
	}
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

static bool has_journal(const char *stage)
{
	CLEANUP_FREE char *journal = join(stage, STAGE_JOURNAL);
	struct stat st;

	return !journal || lstat(journal, &st) == 0 || errno != ENOENT;
}

/* Its owner may have been frozen, and go on: he does not find it under its name any more, so that nothing goes which he begins
 * to replace meanwhile. */
void publish_remove_stage(const char *stage)
{
	CLEANUP_FREE char *copy = strdup(stage), *gone = NULL;

	if (!copy || asprintf(&gone, "%s" STAGE_GONE, stage) < 0) {
		gone = NULL;
		return;
	}
	if (!has_journal(stage))
		(void)!rename(stage, gone);
	if (has_journal(gone)) {
		(void)!rename(gone, stage);
		return;
	}
	remove_files(gone);
	rmdir(gone);
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
