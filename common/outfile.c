/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output files that are whole or absent: see outfile.h. */
#include "common/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/cleanup.h"

/* Disk, NVRAM store and report: more are never open at once. */
#define MAX_OPEN 8

/* Temporary names for the signal handler. A slot is claimed and given back with single atomic
 * stores. */
static _Atomic(const char *) open_names[MAX_OPEN];

static void remember(const char *name)
{
	for (size_t i = 0; i < MAX_OPEN; i++) {
		const char *expected = NULL;

		if (atomic_compare_exchange_strong(&open_names[i], &expected, name))
			return;
	}
}

static void forget(const char *name)
{
	for (size_t i = 0; i < MAX_OPEN; i++) {
		const char *expected = name;

		if (atomic_compare_exchange_strong(&open_names[i], &expected, NULL))
			return;
	}
}

void outfile_remove_all_on_signal(void)
{
	for (size_t i = 0; i < MAX_OPEN; i++) {
		const char *name = atomic_load(&open_names[i]);

		if (name)
			unlink(name);
	}
}

int outfile_check_absent(const char *path, struct error *err)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return error_refused(err, REFUSAL_OUTPUT_EXISTS,
				     "choose another name for it, or replace it with --force",
				     "'%s' exists already", path);
	if (errno != ENOENT)
		return error_errno(err, "'%s'", path);
	return 0;
}

/* "dir/name" -> "dir/.name.hvgen2-XXXXXX" */
static char *temporary_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash + 1 - path) : 0;
	char *name;

	if (asprintf(&name, "%.*s.%s.hvgen2-XXXXXX", folder, path, path + folder) < 0)
		return NULL;
	return name;
}

int outfile_create(struct outfile *out, const char *path, bool replace, struct error *err)
{
	mode_t mask;
	int r;

	*out = (struct outfile)OUTFILE_INIT;
	out->replace = replace;
	if (!replace && (r = outfile_check_absent(path, err)) < 0)
		return r;
	out->path = strdup(path);
	out->temporary = temporary_name(path);
	if (!out->path || !out->temporary)
		return error_failed(err, ENOMEM, "'%s': out of memory", path);
	out->fd = mkostemp(out->temporary, O_CLOEXEC);
	if (out->fd < 0) {
		r = error_errno(err, "'%s': cannot create a file in this folder", path);
		free(out->temporary);
		out->temporary = NULL;
		return r;
	}
	remember(out->temporary);
	mask = umask(0);
	umask(mask);
	if (fchmod(out->fd, 0666 & ~mask) < 0)
		return error_errno(err, "'%s'", out->temporary);
	return 0;
}

int outfile_write(struct outfile *out, const void *buffer, size_t length, uint64_t offset,
		  struct error *err)
{
	const char *from = buffer;

	while (length > 0) {
		ssize_t n = pwrite(out->fd, from, length, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, "'%s': cannot write", out->path);
		from += n;
		length -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

static int sync_folder(const char *path, struct error *err)
{
	CLEANUP_FREE char *copy = strdup(path);
	CLEANUP_FD int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL && errno != EROFS))
		return error_errno(err, "'%s': cannot sync its folder", path);
	return 0;
}

int outfile_sync(struct outfile *out, struct error *err)
{
	if (!out->is_synced && fsync(out->fd) < 0)
		return error_errno(err, "'%s': cannot sync", out->path);
	out->is_synced = true;
	return 0;
}

int outfile_commit(struct outfile *out, struct error *err)
{
	unsigned int flags = out->replace ? 0 : RENAME_NOREPLACE;
	int r = outfile_sync(out, err);

	if (r < 0)
		return r;
	r = renameat2(AT_FDCWD, out->temporary, AT_FDCWD, out->path, flags);
	if (r < 0 && flags && errno == EINVAL) { /* a file system without RENAME_NOREPLACE */
		if ((r = outfile_check_absent(out->path, err)) < 0)
			return r;
		r = rename(out->temporary, out->path);
	}
	if (r < 0 && errno == EEXIST)
		return outfile_check_absent(out->path, err);
	if (r < 0)
		return error_errno(err, "'%s': cannot rename", out->path);
	forget(out->temporary);
	free(out->temporary);
	out->temporary = NULL;
	close(out->fd);
	out->fd = -1;
	return sync_folder(out->path, err);
}

void outfile_withdraw(const struct outfile *out)
{
	if (out->path && !out->temporary && !out->replace)
		unlink(out->path);
}

void outfile_done(struct outfile *out)
{
	if (out->fd >= 0)
		close(out->fd);
	if (out->temporary) {
		unlink(out->temporary);
		forget(out->temporary);
	}
	free(out->temporary);
	free(out->path);
	*out = (struct outfile)OUTFILE_INIT;
}

int outfile_write_whole(const char *path, bool replace, const void *buffer, size_t length,
			struct error *err)
{
	CLEANUP_OUTFILE struct outfile out = OUTFILE_INIT;
	int r = outfile_create(&out, path, replace, err);

	if (r == 0)
		r = outfile_write(&out, buffer, length, 0, err);
	return r < 0 ? r : outfile_commit(&out, err);
}
