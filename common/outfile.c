/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output files that are whole or absent: see outfile.h. */
#include "common/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"

/* Disks, NVRAM store and report: a VM has 4 controllers with 64 disks each, and more outputs are
 * never open at once. */
#define MAX_OPEN 320

/* Holes are whole blocks of a file system. */
#define BLOCK 4096

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

static const char *kind_text(mode_t mode)
{
	return S_ISDIR(mode)	? "a folder"
	       : S_ISLNK(mode)	? "a symbolic link"
	       : S_ISFIFO(mode) ? "a pipe"
	       : S_ISSOCK(mode) ? "a socket"
				: "a device";
}

int outfile_check_place(const char *path, bool replace, struct error *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : error_errno(err, "'%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_usage(
			err,
			"'%s' is %s, and only regular files are made or replaced; choose "
			"another name",
			path, kind_text(st.st_mode));
	if (replace)
		return 0;
	return error_refused(err, REFUSAL_OUTPUT_EXISTS,
			     "choose another name for it, or replace it with --force",
			     "'%s' exists already", path);
}

/* "dir/name" -> "dir/.name.hvgen2-XXXXXX", for mkostemp() or with six random characters. */
static char *temporary_name(const char *path, const char *suffix)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash + 1 - path) : 0;
	char *name;

	if (asprintf(&name, "%.*s.%s.hvgen2-%s", folder, path, path + folder, suffix) < 0)
		return NULL;
	return name;
}

/* A name of an old file, or of one that changes places with it at once. */
static char *old_name(const char *path)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	uint8_t bytes[6];
	char suffix[] = "old-XXXXXX";

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return NULL;
	for (size_t i = 0; i < sizeof(bytes); i++)
		suffix[strlen("old-") + i] = letters[bytes[i] % 32];
	return temporary_name(path, suffix);
}

/* Tell others that somebody is at work on it. False when another has it, or it is gone: they took it
 * for a leftover, in the moment in which it had no lock. Where there are no locks, so be it. */
static bool lock_new(int fd)
{
	struct stat st;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno != EWOULDBLOCK;
	return fstat(fd, &st) < 0 || st.st_nlink > 0;
}

static int open_folder(const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);

	return copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
}

/* A file without a name, which nothing can leave behind; -1 where the file system has none, or
 * where there is no way to give it a name later. */
static int open_nameless(const char *path)
{
	CLEANUP_FD int folder = open_folder(path);
	int fd;

	if (folder < 0 || access("/proc/self/fd", X_OK) < 0)
		return -1;
	fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd >= 0)
		(void)flock(fd, LOCK_EX | LOCK_NB); /* before it gets a temporary name */
	return fd;
}

static void name_is_gone(struct outfile *out)
{
	forget(out->temporary);
	free(out->temporary);
	out->temporary = NULL;
}

/* What ends the program waits until the handler knows the name. */
static int make_named(struct outfile *out)
{
	sigset_t all, old;

	out->temporary = temporary_name(out->path, "XXXXXX");
	if (!out->temporary)
		return -1;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	out->fd = mkostemp(out->temporary, O_CLOEXEC);
	if (out->fd >= 0) {
		remember(out->temporary);
	} else {
		free(out->temporary);
		out->temporary = NULL;
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return out->fd;
}

static int open_named(struct outfile *out)
{
	for (int i = 0; i < 3 && make_named(out) >= 0; i++) {
		if (lock_new(out->fd))
			return out->fd;
		close(out->fd);
		out->fd = -1;
		unlink(out->temporary);
		name_is_gone(out);
	}
	return -1;
}

static int create(struct outfile *out, const char *path, bool replace, bool is_named,
		  struct error *err)
{
	mode_t mask = umask(0);
	int r;

	umask(mask);
	*out = (struct outfile){.fd = -1, .replace = replace, .mode = 0666 & ~mask};
	r = outfile_check_place(path, replace, err);
	if (r < 0)
		return r;
	out->path = strdup(path);
	if (!out->path)
		return error_failed(err, ENOMEM, "'%s': out of memory", path);
	out->fd = is_named ? -1 : open_nameless(path);
	if (out->fd >= 0 || open_named(out) >= 0)
		return 0;
	r = error_errno(err, "'%s': cannot create a file in this folder", path);
	free(out->path);
	out->path = NULL;
	return r;
}

int outfile_create(struct outfile *out, const char *path, bool replace, struct error *err)
{
	return create(out, path, replace, /*is_named=*/false, err);
}

int outfile_create_named(struct outfile *out, const char *path, bool replace, struct error *err)
{
	return create(out, path, replace, /*is_named=*/true, err);
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

/* Bytes up to the next block of zeros, or of something else. */
static size_t run_length(const char *from, size_t length, bool *ret_is_zero)
{
	size_t at = min_u64(length, BLOCK);

	*ret_is_zero = is_zero(from, at);
	while (at < length && is_zero(from + at, min_u64(length - at, BLOCK)) == *ret_is_zero)
		at += min_u64(length - at, BLOCK);
	return at;
}

int outfile_write_sparse(struct outfile *out, const void *buffer, size_t length, struct error *err)
{
	const char *from = buffer;
	bool is_hole;
	int r = 0;

	for (size_t at = 0, run; r == 0 && at < length; at += run) {
		run = run_length(from + at, length - at, &is_hole);
		if (!is_hole)
			r = outfile_write(out, from + at, run, at, err);
	}
	if (r == 0 && ftruncate(out->fd, (off_t)length) < 0)
		return error_errno(err, "'%s': cannot write", out->path);
	return r;
}

int outfile_sync_folder(const struct outfile *out, struct error *err)
{
	CLEANUP_FD int fd = open_folder(out->path);

	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL && errno != EROFS))
		return error_errno(err, "'%s': cannot sync its folder", out->path);
	return 0;
}

int outfile_sync(struct outfile *out, struct error *err)
{
	if (!out->is_synced && fsync(out->fd) < 0)
		return error_errno(err, "'%s': cannot sync", out->path);
	out->is_synced = true;
	return 0;
}

/* Give the file without a name a name. Returns 0 or -1 with errno. */
static int link_as(const struct outfile *out, const char *name)
{
	char self[32];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", out->fd);
	return linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

/* link() replaces nothing: what is to replace needs a name before. */
static int link_temporary(struct outfile *out, struct error *err)
{
	CLEANUP_FREE char *name = old_name(out->path);
	sigset_t all, old;
	int r;

	/* What ends the program waits until the handler knows the name. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	r = name ? link_as(out, name) : -1;
	if (r < 0) {
		error_errno(err, "'%s': cannot make a name in its folder", out->path);
	} else {
		remember(name);
		out->temporary = TAKE(name);
		out->has_old_name = true;
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r < 0 ? -EIO : 0;
}

/* The temporary name becomes one of an old file, which it is about to be. */
static bool name_as_old(struct outfile *out)
{
	CLEANUP_FREE char *name = old_name(out->path);
	sigset_t all, old;
	bool is_done;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	is_done = name && rename(out->temporary, name) == 0;
	if (is_done) {
		name_is_gone(out);
		remember(name);
		out->temporary = TAKE(name);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return is_done;
}

/* The temporary name changes places with the file of the final name, which can be put back then.
 * False where the file system cannot, or nothing is there. */
static bool exchange(struct outfile *out)
{
	if (!out->keeps_old || (!out->has_old_name && !name_as_old(out)) ||
	    renameat2(AT_FDCWD, out->temporary, AT_FDCWD, out->path, RENAME_EXCHANGE) < 0)
		return false;
	forget(out->temporary);
	out->old = TAKE(out->temporary);
	return true;
}

/* Where files cannot be exchanged: put the old one under another name, if it is wanted back. */
static void keep_old(struct outfile *out)
{
	CLEANUP_FREE char *name = out->keeps_old ? old_name(out->path) : NULL;

	if (name && (link(out->path, name) == 0 || rename(out->path, name) == 0))
		out->old = TAKE(name);
}

/* For a file system that knows none of the flags. Returns 0 or -1 with errno. */
static int rename_plainly(struct outfile *out)
{
	struct stat st;
	bool is_absent = lstat(out->path, &st) < 0 && errno == ENOENT;

	if (!is_absent)
		keep_old(out);
	if (renameat2(AT_FDCWD, out->temporary, AT_FDCWD, out->path, 0) < 0)
		return -1;
	out->is_new = is_absent;
	return 0;
}

/* Without replacing anything. NFS, FUSE and others do not know the flag; hard links most of them have, and link() replaces
 * nothing either. Returns 0 or -1 with errno. */
static int rename_to_new(struct outfile *out)
{
	int r = renameat2(AT_FDCWD, out->temporary, AT_FDCWD, out->path, RENAME_NOREPLACE);

	if (r == 0 || errno != EINVAL)
		return r;
	if (link(out->temporary, out->path) < 0) {
		errno = errno == EEXIST ? EEXIST : EINVAL;
		return -1;
	}
	unlink(out->temporary);
	return 0;
}

static int rename_to_final(struct outfile *out, struct error *err)
{
	int r = rename_to_new(out);

	out->is_new = r == 0;
	if (r < 0 && errno != EEXIST && errno != EINVAL)
		return error_errno(err, "'%s': cannot rename", out->path);
	if (r < 0 && (r = outfile_check_place(out->path, out->replace, err)) < 0)
		return r;
	if (!out->is_new && exchange(out))
		return 0;
	/* What is to be replaced, or a file system that knows neither flag. */
	if (!out->is_new && rename_plainly(out) < 0)
		return error_errno(err, "'%s': cannot rename", out->path);
	name_is_gone(out);
	return 0;
}

static int give_final_name(struct outfile *out, struct error *err)
{
	int r = 0;

	out->is_new = !out->temporary && link_as(out, out->path) == 0;
	if (out->is_new)
		return 0;
	if (!out->temporary && errno != EEXIST)
		return error_errno(err, "'%s': cannot make it", out->path);
	if (!out->temporary && !out->replace)
		return outfile_check_place(out->path, false, err);
	if (!out->temporary)
		r = link_temporary(out, err);
	return r < 0 ? r : rename_to_final(out, err);
}

int outfile_publish(struct outfile *out, struct error *err)
{
	int r = outfile_sync(out, err);

	if (r == 0 && fchmod(out->fd, out->mode) < 0)
		r = error_errno(err, "'%s': cannot set the mode", out->path);
	if (r == 0)
		r = give_final_name(out, err);
	if (r < 0)
		return r;
	out->is_committed = true;
	close(out->fd);
	out->fd = -1;
	return 0;
}

int outfile_commit(struct outfile *out, struct error *err)
{
	int r = outfile_publish(out, err);

	return r < 0 ? r : outfile_sync_folder(out, err);
}

int outfile_set_aside(struct outfile *out, struct error *err)
{
	CLEANUP_FREE char *name = out->replace ? old_name(out->path) : NULL;
	int r;

	if (!out->replace)
		return 0;
	if (!name)
		return error_failed(err, ENOMEM, "'%s': out of memory", out->path);
	r = renameat2(AT_FDCWD, out->path, AT_FDCWD, name, 0);
	if (r < 0)
		return errno == ENOENT ? 0 : error_errno(err, "'%s': cannot rename", out->path);
	out->old = TAKE(name);
	return outfile_sync_folder(out, err);
}

void outfile_withdraw(struct outfile *out, struct error *err)
{
	if (out->is_committed && out->is_new)
		unlink(out->path);
	if (out->old && rename(out->old, out->path) < 0)
		error_prefix(err, "the old '%s' is at '%s' now", out->path, out->old);
	else if (out->old) /* renamed onto itself, it keeps both names */
		unlink(out->old);
	free(out->old);
	out->old = NULL;
	out->is_committed = false;
}

void outfile_done(struct outfile *out)
{
	if (out->fd >= 0)
		close(out->fd);
	if (out->temporary) {
		unlink(out->temporary);
		name_is_gone(out);
	}
	if (out->old)
		unlink(out->old);
	free(out->old);
	free(out->path);
	*out = (struct outfile)OUTFILE_INIT;
}

int outfile_write_whole(const char *path, bool replace, mode_t most, const void *buffer,
			size_t length, struct error *err)
{
	CLEANUP_OUTFILE struct outfile out = OUTFILE_INIT;
	int r = outfile_create(&out, path, replace, err);

	out.mode &= most;
	if (r == 0)
		r = outfile_write(&out, buffer, length, 0, err);
	return r < 0 ? r : outfile_commit(&out, err);
}
