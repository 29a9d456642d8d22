/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that reads the source: see work.h. */
#include "convert/nbd/work.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/grub_reader/reader.h"

/* From here on files are read in these folders alone; the outputs are open. */
static void limit_paths(struct work *work)
{
	CLEANUP_PLACES struct lockdown_places places = {.count = 0};
	const struct firmware_options *firmware = &work->convert->build.firmware;

	cmd_source_places(&work->convert->source, work->path, &places);
	lockdown_add(&places, firmware->template, LOCKDOWN_READ);
	lockdown_add(&places, firmware->keys_path, LOCKDOWN_READ);
	sandbox_limit_paths(&work->convert->sandbox, &places);
}

static int open_all(struct work *work, struct error *err)
{
	struct convert *convert = work->convert;
	const struct vhd_open_options options = cmd_source_options(&convert->source);
	int r = vhd_open(work->path, &options, &work->source, err);

	if (r == 0 && !work->is_of_source)
		grub_reader_set_disk(work->reader, work->source);
	if (r == 0)
		r = write_check_paths(&work->paths, work->source, err);
	if (r < 0)
		return r;
	r = firmware_read_template(&convert->build.firmware, err);
	work->report.is_elsewhere = r < 0;
	if (r < 0)
		return r;
	work->report.source = work->source;
	convert->plan.source_time = write_source_time(work->source);
	return 0;
}

/* What the files are now they are to be as long as the disk is served. */
static int describe_chain(struct work *work, struct map_sinks *sinks, struct error *err)
{
	struct map *map = &work->answer->map;
	struct stat st;

	map->file_count = vhd_info(work->source)->chain_length;
	if (map->file_count > MAP_FILES_MAX)
		return error_failed(err, E2BIG, "'%s' has too many parents", work->path);
	for (unsigned int i = 0; i < map->file_count; i++) {
		if (!vhd_member_stat(work->source, i, &st))
			return error_errno(err, "'%s'", vhd_member_path(work->source, i));
		sinks->files[i] = vhd_member_fd(work->source, i);
		map->files[i] =
			(struct map_file){.size = S_ISBLK(st.st_mode) ? 0 : (uint64_t)st.st_size,
					  .modified = st.st_mtim,
					  .changed = st.st_ctim};
	}
	return 0;
}

static int send_chain(const struct work *work, const struct map_sinks *sinks, struct error *err)
{
	size_t size = work->answer->map.file_count * sizeof(int);
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(sinks->files))];
	} control = {.header = {.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS,
				.cmsg_len = CMSG_LEN(size)}};
	char letter = 'f';
	struct iovec bytes = {&letter, 1};
	const struct msghdr message = {.msg_iov = &bytes,
				       .msg_iovlen = 1,
				       .msg_control = &control,
				       .msg_controllen = CMSG_SPACE(size)};

	memcpy(CMSG_DATA(&control.header), sinks->files, size);
	return sendmsg(work->sender, &message, MSG_NOSIGNAL) == 1
		       ? 0
		       : error_errno(err, "cannot hand over the files of the source");
}

/* What 'hvgen2 convert' does, up to the copy. */
static int convert_disk(struct work *work, struct error *err)
{
	struct convert *convert = work->convert;
	int r = survey_disk(work->source, &convert->survey, &work->survey, err);

	if (r == 0)
		r = plan_make(&work->survey, &convert->plan, &work->plan, err);
	if (r < 0)
		return r;
	work->report.plan = &work->plan;
	r = build_target(work->source, &work->survey, &work->plan, &convert->build, &work->build,
			 err);
	work->report.is_elsewhere = work->build.is_elsewhere;
	if (r == 0)
		work->report.build = &work->build;
	return r;
}

static int fill_outputs(struct work *work, struct error *err)
{
	struct write_outputs *outputs = work->outputs;
	const struct firmware *firmware = &work->build.firmware;
	CLEANUP_FREE char *json = report_file(&work->report, work->paths.report);
	int r = json ? 0 : error_failed(err, ENOMEM, "out of memory");

	if (r == 0 && outputs->nvram.path)
		r = outfile_write_sparse(&outputs->nvram, firmware->file, firmware->size, err);
	if (r == 0 && outputs->report.path)
		r = outfile_write(&outputs->report, json, strlen(json), 0, err);
	for (size_t i = 0; r == 0 && i < outputs->count; i++)
		r = outfile_sync(outputs->all[i], err);
	return r;
}

static int serve_converted(struct work *work, const struct map_sinks *sinks, struct error *err)
{
	int r = grub_reader_check(work->reader, convert_disk(work, err), err);

	if (r == 0)
		r = map_make(work->build.target, sinks, &work->answer->map, err);
	return r < 0 ? r : fill_outputs(work, err);
}

static int work_locked_in(struct work *work, const struct map_sinks *sinks, struct error *err)
{
	struct sandbox *sandbox = &work->convert->sandbox;
	int r = sandbox_enter(sandbox, work->source->size, NULL, err);

	work->report.sandbox = sandbox->state;
	if (r < 0)
		return r;
	return work->is_of_source ? map_make(work->source, sinks, &work->answer->map, err)
				  : serve_converted(work, sinks, err);
}

static int work_through(struct work *work, struct error *err)
{
	struct map_sinks sinks = {.pieces = work->pieces, .memory = work->memory};
	int r = work->is_of_source ? 0 : build_open_host_files(&work->convert->build, err);

	work->report.is_elsewhere = r < 0;
	if (!work->is_of_source)
		work->reader = work->convert->survey.reader =
			grub_reader_start(work->convert->sandbox.wish == SANDBOX_REQUIRE);
	limit_paths(work);
	if (r == 0)
		r = open_all(work, err);
	if (r == 0)
		r = describe_chain(work, &sinks, err);
	if (r == 0)
		r = send_chain(work, &sinks, err);
	if (r == 0)
		r = work_locked_in(work, &sinks, err);
	return cmd_source_check(work->source, r, err);
}

/* As with 'hvgen2 convert', a refusal leaves a report where one was asked for. */
static void write_failure_report(struct work *work, int channel, const struct error *failure)
{
	struct write_outputs *outputs = work->outputs;
	CLEANUP_FREE char *json = NULL;
	struct error ignored = ERROR_INIT;

	if (!outputs->report.path || failure->kind == ERROR_USAGE ||
	    failure->refusal == REFUSAL_OUTPUT_EXISTS)
		return;
	work->report.failure = failure;
	work->report.nvram_path = NULL;
	json = report_file(&work->report, work->paths.report);
	if (json && write_fill_report(outputs, json, &ignored) == 0)
		(void)worker_commit(channel, outputs, /*report_only=*/true, &ignored);
}

static bool is_ours(const struct work *work, int channel, int fd)
{
	bool is_output = false;

	for (size_t i = 0; i < work->outputs->count; i++)
		is_output |= work->outputs->all[i]->fd == fd;
	return is_output || fd == STDERR_FILENO || fd == channel || fd == work->sender ||
	       fd == work->pieces || fd == work->memory;
}

/* What nbdkit has open, its client and the sockets on which it listens above all, is nothing for this process; and what it may
 * fill has an end. */
static void let_go_of_server(const struct work *work, int channel)
{
	const struct rlimit most = {MAP_MEMORY_MAX, MAP_MEMORY_MAX};
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	DIR *folder = opendir("/proc/self/fd");

	for (const struct dirent *entry; folder && (entry = readdir(folder));) {
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (fd > STDERR_FILENO && fd != dirfd(folder) && fd != nothing &&
		    !is_ours(work, channel, fd))
			close(fd);
	}
	if (folder)
		closedir(folder);
	dup2(nothing, STDIN_FILENO);
	dup2(nothing, STDOUT_FILENO);
	close(nothing);
	setrlimit(RLIMIT_FSIZE, &most);
}

static void work_done(struct work *work)
{
	build_done(&work->build);
	plan_done(&work->plan);
	survey_done(&work->survey);
	disk_close(work->source);
	grub_reader_end(&work->reader);
	firmware_template_done(&work->convert->build.firmware);
	build_close_host_files(&work->convert->build);
}

int work_run(void *context, int channel)
{
	struct work *work = context;
	struct error err = ERROR_INIT;

	let_go_of_server(work, channel);
	work->survey = (struct survey){.start = SURVEY_NONE, .system = SURVEY_NONE};
	work->report = (struct report){.source_path = work->path,
				       .survey = &work->survey,
				       .nvram_path = work->paths.nvram,
				       .has_no_boot_entry = !work->paths.nvram,
				       .report_path = work->paths.report};
	if (work_through(work, &err) < 0)
		write_failure_report(work, channel, &err);
	work_done(work);
	work->answer->err = err;
	work->answer->is_done = true;
	_exit(ERROR_FAILED); /* exit() would run what nbdkit has registered; 0 is for a commit */
}
