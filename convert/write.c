/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Write the outputs: see write.h. */
#include "convert/write.h"

#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/size.h"

static bool is_same_file(const char *a, const char *b)
{
	struct stat first, second;

	return strcmp(a, b) == 0 ||
	       (stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
		first.st_ino == second.st_ino);
}

/* The source and its parents are never written. */
static int check_chain(const char *output, const struct disk *source, struct error *err)
{
	const char *member;

	for (unsigned int i = 0; (member = vhd_member_path(source, i)); i++)
		if (is_same_file(output, member))
			return error_usage(
				err,
				"'%s' belongs to the source, which is never written; choose "
				"another name",
				output);
	return 0;
}

/* One file under two names, existing or not: the same folder and, as some file systems are blind to
 * case, the same letters. */
static bool is_one_output(const char *a, const char *b)
{
	CLEANUP_FREE char *a_folder = strdup(a), *b_folder = strdup(b);
	CLEANUP_FREE char *a_name = strdup(a), *b_name = strdup(b);

	if (!a_folder || !b_folder || !a_name || !b_name)
		return true; /* out of memory: better not */
	return is_same_file(dirname(a_folder), dirname(b_folder)) &&
	       strcasecmp(basename(a_name), basename(b_name)) == 0;
}

static int check_output(const char *output, const struct write_paths *paths,
			const struct disk *source, struct error *err)
{
	int r;

	if (strcmp(output, "-") == 0)
		return error_usage(err, "'-' is no file; '--json' prints the report, './-' is a "
					"file of that name");
	if (*output == '\0' || output[strlen(output) - 1] == '/')
		return error_usage(err, "'%s' names no file", output);
	r = outfile_check_place(output, true, err);
	if (r == 0)
		r = check_chain(output, source, err);
	return r < 0 ? r : outfile_check_place(output, paths->replace, err);
}

int write_check_paths(const struct write_paths *paths, const struct disk *source, struct error *err)
{
	const char *const outputs[] = {paths->disk, paths->nvram, paths->report};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
		for (size_t j = 0; outputs[i] && j < i; j++)
			if (outputs[j] && is_one_output(outputs[i], outputs[j]))
				return error_usage(
					err, "'%s' and '%s' are one file, named for two outputs",
					outputs[j], outputs[i]);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(outputs); i++)
		if (outputs[i])
			r = check_output(outputs[i], paths, source, err);
	return r;
}

mode_t write_mode(const struct write_paths *paths, const struct disk *source)
{
	struct stat st;
	mode_t mode = 0666;

	if (!source)
		return mode & (stat(paths->source, &st) == 0 ? st.st_mode : 0600);
	for (unsigned int i = 0; vhd_member_path(source, i); i++)
		mode &= vhd_member_stat(source, i, &st) ? st.st_mode : 0600;
	return mode;
}

uint64_t write_source_time(const struct disk *source)
{
	uint64_t newest = 0;
	struct stat st;

	for (unsigned int i = 0; vhd_member_stat(source, i, &st); i++)
		newest = max_u64(newest, (uint64_t)st.st_mtim.tv_sec * 1000000000 +
						 (uint64_t)st.st_mtim.tv_nsec);
	return newest;
}

static int check_space(int fd, const char *path, const struct vhdx_spec *spec, struct disk *target,
		       struct error *err)
{
	char need_text[32], free_text[32];
	struct statvfs fs;
	uint64_t needed, available;
	int r = vhdx_estimate(fd, spec, target, &needed, err);

	if (r < 0 || fstatvfs(fd, &fs) < 0)
		return r;
	available = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (available >= needed)
		return 0;
	return error_failed(err, ENOSPC,
			    "'%s': up to %s are needed, but the file system has %s free", path,
			    size_text(needed, need_text), size_text(available, free_text));
}

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

void write_outputs_done(struct write_outputs *outputs)
{
	outfile_done(&outputs->disk);
	outfile_done(&outputs->nvram);
	outfile_done(&outputs->report);
	free(outputs->relative_parent);
	outputs->relative_parent = NULL;
}

static int create(struct outfile *out, const char *path, const struct write_paths *paths,
		  struct error *err)
{
	int r = outfile_create(out, path, paths->replace, err);

	out->mode &= paths->mode;
	out->keeps_old = true;
	return r;
}

int write_create(const struct write_paths *paths, const struct disk *source, bool is_child,
		 struct write_outputs *ret, struct error *err)
{
	int r = create(&ret->disk, paths->disk, paths, err);

	if (r == 0 && paths->nvram)
		r = create(&ret->nvram, paths->nvram, paths, err);
	if (r == 0 && paths->report)
		r = create(&ret->report, paths->report, paths, err);
	if (r == 0 && is_child) {
		ret->relative_parent =
			vhd_relative_path(paths->disk, vhd_member_path(source, 0), err);
		r = ret->relative_parent ? 0 : -err->code;
	}
	return r;
}

static int fill_vhd(int fd, const struct write_paths *paths, const struct plan *plan,
		    const struct build *build, const struct vhd_progress *progress,
		    struct error *err)
{
	const struct vhd1_spec spec = {.type = plan->vhdx.type,
				       .unique_id = plan->vhdx.data_write_guid,
				       .time = plan->source_time};

	return vhd1_write(fd, paths->disk, &spec, build->target, progress, err);
}

static int fill_disk(struct write_outputs *outputs, const struct write_paths *paths,
		     struct disk *source, const struct plan *plan, const struct build *build,
		     const struct vhd_progress *progress, struct error *err)
{
	struct vhdx_parent parent = {.disk = source,
				     .windows_path = paths->parent_on_host,
				     .relative_path = outputs->relative_parent};
	struct vhdx_spec spec = plan->vhdx;
	int fd = outputs->disk.fd, r;

	if (spec.type == VHD_TYPE_DIFFERENCING)
		spec.parent = &parent;
	r = check_space(fd, paths->disk, &spec, build->target, err);
	if (r < 0)
		return r;
	if (plan->format == VHD_FORMAT_VHD)
		return fill_vhd(fd, paths, plan, build, progress, err);
	return plan->format == VHD_FORMAT_RAW
		       ? raw_write(fd, paths->disk, build->target, progress, err)
		       : vhdx_write(fd, paths->disk, &spec, build->target, progress, err);
}

int write_fill(struct write_outputs *outputs, const struct write_paths *paths, struct disk *source,
	       const struct plan *plan, const struct build *build, const char *report_json,
	       const struct vhd_progress *progress, struct error *err)
{
	struct outfile *const outs[] = {&outputs->nvram, &outputs->report, &outputs->disk};
	int r = 0;

	if (paths->nvram)
		r = outfile_write_sparse(&outputs->nvram, build->firmware.file,
					 build->firmware.size, err);
	if (r == 0 && paths->report)
		r = outfile_write(&outputs->report, report_json, strlen(report_json), 0, err);
	if (r == 0)
		r = fill_disk(outputs, paths, source, plan, build, progress, err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(outs); i++)
		if (outs[i]->path)
			r = outfile_sync(outs[i], err);
	if (r == 0) /* copied from a source that was written to, it is a mixture */
		r = vhd_check_unchanged(source, err);
	return r < 0 ? r : vhd_check_reads(source, err);
}

int write_commit(struct write_outputs *outputs, struct error *err)
{
	struct outfile *const all[] = {&outputs->nvram, &outputs->report, &outputs->disk};
	struct outfile *outs[ARRAY_SIZE(all)];
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i]->path)
			outs[count++] = all[i];
	return commit_undisturbed(outs, count, &outputs->report, err);
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
