/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that are taken over: see replace.h. */
#include "convert/batch/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/batch/publish.h"
#include "convert/batch/state/record.h"

/* One output on its way: its name, and those that it may have on the stage. */
struct move {
	char *path;
	char *staged;  /* the new file */
	char *second;  /* another name of it, that takes the place of an old one */
	char *old;     /* the old file */
	bool has_name; /* something had it when all began */
};

static void move_done(struct move *move)
{
	free(move->path);
	free(move->staged);
	free(move->second);
	free(move->old);
}
#define CLEANUP_MOVE CLEANUP(move_done)

static char *join(const char *stage, const char *role, const char *suffix)
{
	char *path;

	return asprintf(&path, "%s/%s%s", stage, role, suffix) < 0 ? NULL : path;
}

static bool has_role(const json_t *roles, const char *role)
{
	for (size_t i = 0; i < json_array_size(roles); i++) {
		const char *text = json_string_value(json_array_get(roles, i));

		if (text && strcmp(text, role) == 0)
			return true;
	}
	return false;
}

static int find_move(const char *stage, const json_t *journal, const char *role, struct move *ret,
		     struct error *err)
{
	*ret = (struct move){.path = record_path(json_object_get(journal, "outputs"), role),
			     .staged = join(stage, role, ""),
			     .second = join(stage, role, ".new"),
			     .old = join(stage, role, ".old"),
			     .has_name = has_role(json_object_get(journal, "old"), role)};
	return ret->path && ret->staged && ret->second && ret->old
		       ? 0
		       : error_failed(err, ENOMEM, "out of memory");
}

/* What stands under the name of an output now. A folder is nothing that a file can take the place of. */
static int note_name(const json_t *outputs, const char *role, json_t *roles, struct error *err)
{
	CLEANUP_FREE char *path = record_path(outputs, role);
	struct stat st;

	if (!path)
		return error_failed(err, ENOMEM, "out of memory");
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : error_errno(err, "'%s'", path);
	if (S_ISDIR(st.st_mode))
		return error_failed(err, EISDIR,
				    "'%s' is a folder, and is not replaced; move it away", path);
	return json_array_append_new(roles, json_string(role)) < 0
		       ? error_failed(err, ENOMEM, "out of memory")
		       : 0;
}

static int make_journal(const json_t *outputs, json_t **ret, struct error *err)
{
	json_t *roles = json_array();
	const char *role;
	int r = 0;

	*ret = json_object();
	if (json_object_set_new(*ret, "schema", json_integer(1)) < 0 ||
	    json_object_set_new(*ret, "outputs", json_deep_copy(outputs)) < 0 ||
	    json_object_set_new(*ret, "old", roles) < 0)
		return error_failed(err, ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && (role = record_role(outputs, i)); i++)
		r = note_name(outputs, role, roles, err);
	return r;
}

/* A second name for the old file. Where it can have but one, the journal tells where it is meanwhile. */
static int set_aside(const struct move *move, struct error *err)
{
	if (!move->has_name || link(move->path, move->old) == 0)
		return 0;
	errno = link_error(AT_FDCWD, move->old, errno);
	if ((errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK) &&
	    rename(move->path, move->old) == 0)
		return 0;
	return error_errno(err, "'%s': cannot be replaced", move->path);
}

/* The new file keeps its name on the stage, by which it is known should all be undone. */
static int take_place(const struct move *move, struct error *err)
{
	if (link(move->staged, move->second) == 0 && rename(move->second, move->path) == 0)
		return 0;
	return error_errno(err, "'%s': cannot be replaced", move->path);
}

static int name_one(const char *stage, const json_t *journal, const char *role,
		    const volatile sig_atomic_t *stop, struct error *err)
{
	CLEANUP_MOVE struct move move;
	struct stat st;
	int r = find_move(stage, journal, role, &move, err);

	if (r < 0)
		return r;
	r = move.has_name && lstat(move.path, &st) == 0
		    ? take_place(&move, err)
		    : publish_name(move.staged, move.path, role, stop, err);
	return r < 0 ? r : publish_sync(move.path, err);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is the file under the name of an output the new one? A new file that has left the stage can have but one name. */
static bool is_new(const struct move *move, const struct stat *now)
{
	struct stat st;

	return lstat(move->staged, &st) < 0 ? errno == ENOENT : is_same(now, &st);
}

/* There was none. A file that may be somebody else's by now is left. */
static int undo_new(const struct move *move, struct error *err)
{
	struct stat now, st;

	if (move->has_name || lstat(move->path, &now) < 0 || lstat(move->staged, &st) < 0 ||
	    !is_same(&now, &st))
		return 0;
	return unlink(move->path) < 0 ? error_errno(err, "'%s': cannot be removed", move->path) : 0;
}

/* May be done any number of times, from whatever state. */
static int undo_move(const struct move *move, struct error *err)
{
	struct stat now, old;

	if (lstat(move->old, &old) < 0)
		return errno == ENOENT ? undo_new(move, err) : error_errno(err, "'%s'", move->old);
	if (lstat(move->path, &now) < 0 ? errno != ENOENT
					: !is_same(&now, &old) && !is_new(move, &now))
		return error_failed(err, EEXIST,
				    "'%s' is neither what it was nor what was to replace it: what "
				    "it was is '%s'; move one of them away and run the batch again",
				    move->path, move->old);
	if (rename(move->old, move->path) == 0)
		return 0;
	return error_errno(err,
			   "'%s': cannot be put back, and is '%s' until the batch is run again",
			   move->path, move->old);
}

static int undo_one(const char *stage, const json_t *journal, const char *role, struct error *err)
{
	CLEANUP_MOVE struct move move;
	int r = find_move(stage, journal, role, &move, err);

	if (r == 0)
		r = undo_move(&move, err);
	return r < 0 ? r : publish_sync(move.path, err);
}

static int open_stage(const char *stage, struct error *err)
{
	int fd = open(stage, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? error_errno(err, "'%s'", stage) : fd;
}

static int sync_stage(int fd, const char *stage, struct error *err)
{
	return fsync(fd) < 0 && errno != EINVAL
		       ? error_errno(err, "'%s': cannot sync this folder", stage)
		       : 0;
}

/*
 * From now on all stands where it belongs, and what else is on the stage is of no use. By its path: whoever takes a stage over
 * renames it, and then neither what was done nor what was undone here counts. When it is gone nothing is undone any more,
 * whatever comes of the sync: a journal that a crash brings back puts the old files back.
 */
static int end_journal(int fd, const char *stage, struct error *err)
{
	CLEANUP_FREE char *journal = join(stage, STAGE_JOURNAL, "");

	if (!journal)
		return error_failed(err, ENOMEM, "out of memory");
	if (unlink(journal) == 0) {
		(void)sync_stage(fd, stage, NULL);
		return 0;
	}
	if (errno == ENOENT)
		return error_failed(err, EBUSY,
				    "'%s' was taken over by another run, which sees to the outputs",
				    stage);
	return error_errno(err, "'%s': cannot be removed", journal);
}

/* The first one that cannot be put back does not keep the others from it. */
static int undo(int fd, const char *stage, const json_t *journal, struct error *err)
{
	const json_t *outputs = json_object_get(journal, "outputs");
	const char *role;
	int r = 0;

	for (size_t i = 0; (role = record_role(outputs, i)); i++) {
		int one = undo_one(stage, journal, role, r < 0 ? NULL : err);

		r = r < 0 ? r : one;
	}
	return r < 0 ? r : end_journal(fd, stage, err);
}

static int set_all_aside(int fd, const char *stage, const json_t *journal, struct error *err)
{
	const json_t *outputs = json_object_get(journal, "outputs");
	const char *role;
	int r = 0;

	for (size_t i = 0; r == 0 && (role = record_role(outputs, i)); i++) {
		CLEANUP_MOVE struct move move;

		r = find_move(stage, journal, role, &move, err);
		if (r == 0)
			r = set_aside(&move, err);
	}
	return r < 0 ? r : sync_stage(fd, stage, err);
}

static int name_all(int fd, const char *stage, const json_t *journal,
		    const volatile sig_atomic_t *stop, struct error *err)
{
	const json_t *outputs = json_object_get(journal, "outputs");
	const char *role;
	int r = set_all_aside(fd, stage, journal, err);

	for (size_t i = 0; r == 0 && (role = record_role(outputs, i)); i++)
		r = name_one(stage, journal, role, stop, err);
	return r < 0 ? r : end_journal(fd, stage, err);
}

int replace_outputs(const char *stage, const json_t *outputs, const volatile sig_atomic_t *stop,
		    struct error *err)
{
	CLEANUP_FD int fd = open_stage(stage, err);
	CLEANUP_JSON json_t *journal = NULL;
	struct error problem = ERROR_INIT;
	int r = fd < 0 ? fd : make_journal(outputs, &journal, err);

	if (r == 0)
		r = record_write(fd, STAGE_JOURNAL, journal, /*once=*/false, err);
	if (r == 0)
		r = sync_stage(fd, stage, err);
	if (r < 0)
		return r;
	r = name_all(fd, stage, journal, stop, err);
	if (r < 0 && undo(fd, stage, journal, &problem) < 0)
		return error_failed(err, EIO, "not all of what was replaced is back: %s",
				    problem.message);
	return r == -EEXIST ? error_failed(err, EBUSY, "%s", err->message) : r;
}

int replace_put_back(const char *torn, const char *stage, struct error *err)
{
	CLEANUP_JSON json_t *journal = NULL;
	int r = rename(torn, stage) < 0 ? error_errno(err, "'%s'", torn) : 0;
	CLEANUP_FD int fd = r == 0 ? open_stage(stage, err) : -1;

	if (r == 0)
		r = fd < 0 ? fd : record_read(fd, STAGE_JOURNAL, &journal, err);
	if (r < 0)
		return r == -ENOENT ? 0 : r; /* somebody else has done it meanwhile */
	return undo(fd, stage, journal, err);
}
