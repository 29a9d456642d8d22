/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outputs get their names, all or none: see write.h. */
#include "convert/write.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"

static void remove_and_exit(int number)
{
	static const char text[] = "\nhvgen2: interrupted; no output was made\n";
	ssize_t ignored;

	(void)number;
	outfile_remove_all_on_signal();
	ignored = write(STDERR_FILENO, text, sizeof(text) - 1);
	(void)ignored;
	_exit(ERROR_FAILED);
}

static_assert(WRITE_FORM_MAX == 4, "WRITE_OUTPUTS_INIT has as many");

static const int fatal_signals[] = {SIGINT, SIGTERM, SIGHUP};

/* Whoever started us may want it so (nohup): then it stays. */
static bool is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && !(action.sa_flags & SA_SIGINFO) &&
	       action.sa_handler == SIG_IGN;
}

void write_set_fatal_signals(void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++)
		if (!is_ignored(fatal_signals[i]))
			sigaction(fatal_signals[i], &action, NULL);
}

void write_handle_signals(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigemptyset(&ignore.sa_mask);
	write_set_fatal_signals(remove_and_exit);
	sigaction(SIGXFSZ, &ignore, NULL); /* a file size limit is an error of write() */
	sigaction(SIGPIPE, &ignore, NULL); /* and so is a reader of the page that is gone */
}

/*
 * Give all outputs their names, or none. The report is proof that a set is whole: the old one goes
 * out of the way first, so that no mixture of new files and old ones has one, and verify() tells
 * the new one from an old disk.
 */
static int commit_all(struct outfile *const outs[], size_t count, struct outfile *report,
		      struct error *err)
{
	int r = report->path ? outfile_set_aside(report, err) : 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = outfile_publish(outs[i], err);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = outfile_sync_folder(outs[i], err);
	for (size_t i = 0; r < 0 && i < count; i++)
		outfile_withdraw(outs[i], err);
	for (size_t i = 0; i < count; i++)
		outfile_done(outs[i]);
	return r;
}

/* As commit_all(), and a signal in the middle of it waits for its end: when all is done, it came
 * too late. */
static int commit_undisturbed(struct outfile *const outs[], size_t count, struct outfile *report,
			      struct error *err)
{
	const struct timespec now = {.tv_sec = 0};
	sigset_t blocked, old;
	int r;

	sigemptyset(&blocked);
	for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++)
		sigaddset(&blocked, fatal_signals[i]);
	sigprocmask(SIG_BLOCK, &blocked, &old);
	r = commit_all(outs, count, report, err);
	if (r == 0) {
		while (sigtimedwait(&blocked, NULL, &now) > 0)
			; /* dropped */
		write_set_fatal_signals(SIG_DFL);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}

static void disk_output_done(struct write_disk *disk)
{
	outfile_done(&disk->file);
	free(disk->relative_parent);
	disk->relative_parent = NULL;
}

void write_outputs_done(struct write_outputs *outputs)
{
	disk_output_done(&outputs->disk);
	outfile_done(&outputs->nvram);
	outfile_done(&outputs->report);
	for (size_t i = 0; i < WRITE_FORM_MAX; i++)
		outfile_done(&outputs->forms[i]);
	for (size_t i = 0; i < outputs->data_count; i++)
		disk_output_done(&outputs->data[i]);
	free(outputs->data);
	free(outputs->all);
	outputs->data = NULL;
	outputs->all = NULL;
	outputs->data_count = outputs->count = 0;
}

static int create_staged(struct outfile *out, const char *stage, const char *role,
			 struct error *err)
{
	CLEANUP_FREE char *path = NULL;

	if (asprintf(&path, "%s/%s", stage, role) < 0) {
		path = NULL;
		return error_failed(err, ENOMEM, "out of memory");
	}
	return outfile_create_named(out, path, /*replace=*/false, err);
}

static int create(struct outfile *out, const char *path, const char *role,
		  const struct write_paths *paths, mode_t mode, struct error *err)
{
	int r = paths->stage ? create_staged(out, paths->stage, role, err)
			     : outfile_create(out, path, paths->replace, err);

	out->mode &= mode;
	out->keeps_old = true;
	return r;
}

static int find_parent(struct write_disk *disk, const char *path, const struct disk *source,
		       struct error *err)
{
	disk->relative_parent = vhd_relative_path(path, vhd_member_path(source, 0), err);
	return disk->relative_parent ? 0 : -err->code;
}

const char *write_form_role(enum write_form form)
{
	static const char *const roles[WRITE_FORM_MAX] = {"script", "libvirt", "proxmox", "xml5"};

	return roles[form];
}

const char *write_data_role(size_t index, char text[WRITE_ROLE])
{
	snprintf(text, WRITE_ROLE, "data%zu", index + 1);
	return text;
}

static int create_data(const struct write_paths *paths, struct write_outputs *ret,
		       struct error *err)
{
	char role[WRITE_ROLE];
	int r = 0;

	for (size_t i = 0; r == 0 && i < paths->data_count; i++) {
		const struct write_data *data = &paths->data[i];
		struct write_disk *disk = &ret->data[ret->data_count++];

		*disk = (struct write_disk){.file = OUTFILE_INIT};
		r = create(&disk->file, data->path, write_data_role(i, role), paths, data->mode,
			   err);
		if (r == 0 && data->image.type == VHD_TYPE_DIFFERENCING)
			r = find_parent(disk, data->path, data->source, err);
	}
	return r;
}

/* In the order in which they get their names: see write_commit(). */
static void list_all(struct write_outputs *outputs)
{
	if (outputs->nvram.path)
		outputs->all[outputs->count++] = &outputs->nvram;
	if (outputs->report.path)
		outputs->all[outputs->count++] = &outputs->report;
	for (size_t i = 0; i < WRITE_FORM_MAX; i++)
		if (outputs->forms[i].path)
			outputs->all[outputs->count++] = &outputs->forms[i];
	for (size_t i = 0; i < outputs->data_count; i++)
		outputs->all[outputs->count++] = &outputs->data[i].file;
	if (outputs->disk.file.path)
		outputs->all[outputs->count++] = &outputs->disk.file;
}

/* It has no name to get. */
static int take_stream(struct outfile *out, int stream, struct error *err)
{
	out->fd = fcntl(stream, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return out->fd < 0 ? error_errno(err, "'%s'", WRITE_STREAM) : 0;
}

int write_create(const struct write_paths *paths, const struct disk *source, bool is_child,
		 struct write_outputs *ret, struct error *err)
{
	int r;

	ret->data = calloc(paths->data_count + 1, sizeof(*ret->data));
	ret->all = calloc(paths->data_count + 3 + WRITE_FORM_MAX, sizeof(struct outfile *));
	if (!ret->data || !ret->all)
		return error_failed(err, ENOMEM, "out of memory");
	r = paths->stream ? take_stream(&ret->disk.file, paths->stream, err) : 0;
	if (paths->disk)
		r = create(&ret->disk.file, paths->disk, "disk", paths, paths->mode, err);
	if (r == 0 && paths->nvram)
		r = create(&ret->nvram, paths->nvram, "store", paths, paths->mode, err);
	if (r == 0 && paths->report)
		r = create(&ret->report, paths->report, "report", paths, paths->mode, err);
	for (enum write_form i = 0; r == 0 && i < WRITE_FORM_MAX; i++)
		if (paths->forms[i])
			r = create(&ret->forms[i], paths->forms[i], write_form_role(i), paths,
				   paths->mode, err);
	if (r == 0 && is_child)
		r = find_parent(&ret->disk, paths->disk, source, err);
	if (r == 0)
		r = create_data(paths, ret, err);
	if (r == 0)
		list_all(ret);
	return r;
}

int write_commit(struct write_outputs *outputs, struct error *err)
{
	return commit_undisturbed(outputs->all, outputs->count, &outputs->report, err);
}

void write_are_synced(struct write_outputs *outputs)
{
	for (size_t i = 0; i < outputs->count; i++)
		outputs->all[i]->is_synced = true;
}

int write_fill_report(struct write_outputs *outputs, const char *json, struct error *err)
{
	struct outfile *report = &outputs->report;
	int r = ftruncate(report->fd, 0) < 0 ? error_errno(err, "'%s'", report->path) : 0;

	report->is_synced = false;
	if (r == 0)
		r = outfile_write(report, json, strlen(json), 0, err);
	return r < 0 ? r : outfile_sync(report, err);
}

int write_commit_report(struct write_outputs *outputs, struct error *err)
{
	if (outputs->report.fd < 0)
		return error_failed(err, EBADF, "there is no report to make");
	outputs->report.keeps_old = false;
	return outfile_commit(&outputs->report, err);
}
