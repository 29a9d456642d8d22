/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Write the outputs: see write.h. */
#include "convert/write.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/outfile.h"
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

int write_check_paths(const struct write_paths *paths, const struct disk *source, struct error *err)
{
	const char *const outputs[] = {paths->disk, paths->nvram, paths->report};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(outputs); i++) {
		if (!outputs[i])
			continue;
		for (size_t j = 0; j < i; j++)
			if (outputs[j] && is_same_file(outputs[i], outputs[j]))
				return error_usage(err, "'%s' is named for two outputs",
						   outputs[i]);
		r = check_chain(outputs[i], source, err);
		if (r == 0 && !paths->replace)
			r = outfile_check_absent(outputs[i], err);
	}
	return r;
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

void write_handle_signals(void)
{
	struct sigaction remove_files = {.sa_handler = remove_and_exit};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigemptyset(&remove_files.sa_mask);
	sigemptyset(&ignore.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++)
		sigaction(fatal_signals[i], &remove_files, NULL);
	sigaction(SIGXFSZ, &ignore, NULL); /* a file size limit is an error of write() */
}

/* Give all outputs their names, or none. */
static int commit_all(struct outfile *const outs[], size_t count, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		r = outfile_commit(outs[i], err);
		for (size_t j = 0; r < 0 && j <= i; j++)
			outfile_withdraw(outs[j]);
	}
	return r;
}

static void set_fatal_signals(void (*handler)(int))
{
	for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++)
		signal(fatal_signals[i], handler);
}

/* As commit_all(), and a signal in the middle of it waits for its end: when all is done, it came
 * too late. */
static int commit_undisturbed(struct outfile *const outs[], size_t count, struct error *err)
{
	sigset_t blocked, old;
	int r;

	sigemptyset(&blocked);
	for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++)
		sigaddset(&blocked, fatal_signals[i]);
	sigprocmask(SIG_BLOCK, &blocked, &old);
	r = commit_all(outs, count, err);
	if (r == 0)
		set_fatal_signals(SIG_IGN); /* drops what is pending */
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (r == 0)
		set_fatal_signals(SIG_DFL);
	return r;
}

static int write_small(struct outfile *out, const char *path, bool replace, const void *bytes,
		       size_t size, struct error *err)
{
	int r = outfile_create(out, path, replace, err);

	return r < 0 ? r : outfile_write(out, bytes, size, 0, err);
}

static int write_disk(struct outfile *out, const struct write_paths *paths, struct disk *source,
		      const struct plan *plan, const struct build *build,
		      const struct vhd_progress *progress, struct error *err)
{
	CLEANUP_FREE char *relative = NULL;
	struct vhdx_parent parent = {.disk = source, .windows_path = paths->parent_on_host};
	struct vhdx_spec spec = plan->vhdx;
	int r;

	if (spec.type == VHD_TYPE_DIFFERENCING) {
		relative = vhd_relative_path(paths->disk, vhd_member_path(source, 0), err);
		if (!relative)
			return -err->code;
		parent.relative_path = relative;
		spec.parent = &parent;
	}
	r = check_space(out->fd, paths->disk, &spec, build->target, err);
	return r < 0 ? r : vhdx_write(out->fd, paths->disk, &spec, build->target, progress, err);
}

int write_outputs(const struct write_paths *paths, struct disk *source, const struct plan *plan,
		  const struct build *build, const char *report_json,
		  const struct vhd_progress *progress, struct error *err)
{
	CLEANUP_OUTFILE struct outfile disk = OUTFILE_INIT;
	CLEANUP_OUTFILE struct outfile nvram = OUTFILE_INIT;
	CLEANUP_OUTFILE struct outfile report = OUTFILE_INIT;
	struct outfile *outs[3];
	size_t count = 0;
	int r = outfile_create(&disk, paths->disk, paths->replace, err);

	if (r == 0 && paths->nvram)
		r = write_small(&nvram, paths->nvram, paths->replace, build->firmware.file,
				build->firmware.size, err);
	if (r == 0 && paths->report)
		r = write_small(&report, paths->report, paths->replace, report_json,
				strlen(report_json), err);
	if (r == 0)
		r = write_disk(&disk, paths, source, plan, build, progress, err);
	if (paths->nvram)
		outs[count++] = &nvram;
	if (paths->report)
		outs[count++] = &report;
	outs[count++] = &disk;
	for (size_t i = 0; r == 0 && i < count; i++)
		r = outfile_sync(outs[i], err);
	if (r == 0) /* copied from a source that was written to, it is a mixture */
		r = vhd_check_unchanged(source, err);
	if (r == 0)
		r = vhd_check_reads(source, err);
	return r < 0 ? r : commit_undisturbed(outs, count, err);
}
