/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Write what the outputs are to hold: see write.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/size.h"
#include "convert/write.h"

/* An image, what goes into it, and the room that it takes. */
struct job {
	struct write_disk *out; /* NULL: only the room is asked for */
	const char *path, *place;
	bool is_stream;
	struct disk *contents;
	enum vhd_format format;
	struct vhdx_spec spec;
	struct vhdx_parent parent;
	uint64_t time;
	uint64_t needed; /* bytes, at most */
};

/* The boot disk, and the data disks behind it. */
struct jobs {
	struct job *list;
	size_t count;
};

static void jobs_done(struct jobs *jobs)
{
	free(jobs->list);
}
#define CLEANUP_JOBS CLEANUP(jobs_done)

/* Of a disk that is not created nobody knows the way to its parent; there is one. */
static void set_parent(struct job *job, struct disk *parent, const char *on_host)
{
	job->parent = (struct vhdx_parent){
		.disk = parent,
		.windows_path = on_host,
		.relative_path = job->out ? job->out->relative_parent : ".",
	};
	job->spec.parent = job->spec.type == VHD_TYPE_DIFFERENCING ? &job->parent : NULL;
}

static void fill_boot_job(struct job *job, const struct write_paths *paths,
			  const struct write_contents *contents)
{
	job->is_stream = paths->stream > 0;
	job->path = job->is_stream ? WRITE_STREAM : paths->disk;
	job->contents = contents->build->target;
	job->format = contents->plan->format;
	job->spec = contents->plan->vhdx;
	job->time = contents->plan->source_time;
	set_parent(job, contents->source, paths->parent_on_host);
}

static void fill_data_job(struct job *job, const struct write_data *data)
{
	job->path = data->path;
	job->place = data->place;
	job->contents = data->source;
	job->format = data->format;
	job->spec = data->image;
	job->time = data->time;
	set_parent(job, data->source, data->parent_on_host);
}

/* 'outputs' may be NULL. */
static int jobs_make(struct write_outputs *outputs, const struct write_paths *paths,
		     const struct write_contents *contents, struct jobs *ret, struct error *err)
{
	ret->list = calloc(paths->data_count + 1, sizeof(*ret->list));
	if (!ret->list)
		return error_failed(err, ENOMEM, "out of memory");
	ret->count = paths->data_count + 1;
	for (size_t i = 0; i < ret->count; i++) {
		struct job *job = &ret->list[i];

		if (outputs)
			job->out = i ? &outputs->data[i - 1] : &outputs->disk;
		if (i)
			fill_data_job(job, &paths->data[i - 1]);
		else
			fill_boot_job(job, paths, contents);
	}
	return 0;
}

static int tell_place(const struct job *job, int r, struct error *err)
{
	return r < 0 && job->place ? error_prefix(err, "%s", job->place) : r;
}

static int estimate(struct job *job, int fd, struct error *err)
{
	return tell_place(job, vhdx_estimate(fd, &job->spec, job->contents, &job->needed, err),
			  err);
}

/* Together with those behind it on the same file system. */
static int check_space(const struct jobs *jobs, size_t first, dev_t device, struct error *err)
{
	const struct job *job = &jobs->list[first];
	char need_text[SIZE_TEXT], free_text[SIZE_TEXT], others[64] = "";
	uint64_t needed = job->needed, available;
	size_t count = 0;
	struct statvfs fs;
	struct stat st;

	if (fstatvfs(job->out->file.fd, &fs) < 0)
		return 0;
	for (size_t i = first + 1; i < jobs->count; i++)
		if (fstat(jobs->list[i].out->file.fd, &st) == 0 && st.st_dev == device) {
			if (!add_u64(needed, jobs->list[i].needed, &needed))
				needed = UINT64_MAX;
			count++;
		}
	available = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (available >= needed)
		return 0;
	if (count)
		snprintf(others, sizeof(others), " and %zu other disk%s", count,
			 count > 1 ? "s" : "");
	return error_failed(err, ENOSPC,
			    "'%s'%s: up to %s are needed, but the file system has %s free",
			    job->path, others, size_text(needed, need_text),
			    size_text(available, free_text));
}

static int check_device(const struct job *job, struct error *err)
{
	int fd = job->out->file.fd;
	off_t at = lseek(fd, 0, SEEK_CUR), end = lseek(fd, 0, SEEK_END);
	char need_text[SIZE_TEXT], room_text[SIZE_TEXT];

	if (at < 0 || end < 0 || lseek(fd, at, SEEK_SET) < 0)
		return error_errno(err, "'%s'", job->path);
	if (end >= at && (uint64_t)(end - at) >= job->contents->size)
		return 0;
	return error_failed(err, ENOSPC, "'%s' is a device with room for %s, but the disk has %s",
			    job->path, size_text(end > at ? (uint64_t)(end - at) : 0, room_text),
			    size_text(job->contents->size, need_text));
}

/* Of a stream, which is the only disk. A pipe takes all, and what a file that has something in it
 * would take nobody knows. */
static int check_stream(struct jobs *jobs, struct error *err)
{
	struct job *job = jobs->list;
	struct stat st;
	int r;

	if (fstat(job->out->file.fd, &st) < 0)
		return error_errno(err, "'%s'", job->path);
	if (S_ISBLK(st.st_mode))
		return check_device(job, err);
	if (!S_ISREG(st.st_mode) || st.st_size > 0)
		return 0;
	r = estimate(job, job->out->file.fd, err);
	return r < 0 ? r : check_space(jobs, 0, st.st_dev, err);
}

/* Before the first byte of all: is there room for all? */
static int check_all_space(struct jobs *jobs, struct error *err)
{
	int r = 0;

	if (jobs->list->is_stream)
		return check_stream(jobs, err);
	for (size_t i = 0; r == 0 && i < jobs->count; i++)
		r = estimate(&jobs->list[i], jobs->list[i].out->file.fd, err);
	for (size_t i = 0; r == 0 && i < jobs->count; i++) {
		struct stat st, earlier;
		bool is_first = fstat(jobs->list[i].out->file.fd, &st) == 0;

		for (size_t j = 0; is_first && j < i; j++)
			is_first = fstat(jobs->list[j].out->file.fd, &earlier) < 0 ||
				   earlier.st_dev != st.st_dev;
		if (is_first)
			r = check_space(jobs, i, st.st_dev, err);
	}
	return r;
}

/* Of all, at most UINT64_MAX. */
static int add_needs(const struct jobs *jobs, int folder, uint64_t *ret, struct error *err)
{
	int r = 0;

	*ret = 0;
	for (size_t i = 0; r == 0 && i < jobs->count; i++) {
		r = estimate(&jobs->list[i], folder, err);
		if (!add_u64(*ret, jobs->list[i].needed, ret))
			*ret = UINT64_MAX;
	}
	return r;
}

int write_estimate(int folder, const struct write_paths *paths,
		   const struct write_contents *contents, struct write_space *ret,
		   struct error *err)
{
	CLEANUP_JOBS struct jobs jobs = {.list = NULL};
	int r = jobs_make(NULL, paths, contents, &jobs, err);

	if (r == 0)
		r = add_needs(&jobs, -1, &ret->stored, err);
	ret->needed = ret->stored;
	return r < 0 || folder < 0 ? r : add_needs(&jobs, folder, &ret->needed, err);
}

/* How far all images are together, in bytes that are stored in the sources or made by us: the writers tell how far they are in
 * the virtual disk of one. */
struct sum {
	const struct progress *progress;
	const struct job *job;
	struct vhd_stored *stored; /* of the job; NULL: all bytes count */
	uint64_t before, total;
};

/* A file has holes behind what is streamed into it, a pipe has none. */
static bool writes_holes(const struct job *job)
{
	struct stat st;

	return job->is_stream && (fstat(job->out->file.fd, &st) < 0 || !S_ISREG(st.st_mode));
}

static uint64_t done_of(const struct sum *sum, uint64_t offset)
{
	uint64_t bytes = 0;

	if (!sum->stored)
		return offset;
	(void)!vhd_stored_up_to(sum->stored, offset, &bytes, NULL);
	return bytes;
}

static void update_sum(void *opaque, uint64_t done, uint64_t total)
{
	const struct sum *sum = opaque;

	(void)total;
	progress_tell(sum->progress, PROGRESS_COPY, sum->before + done_of(sum, done), sum->total);
}

static int open_stored(const struct job *job, struct vhd_stored **ret, struct error *err)
{
	*ret = NULL;
	if (writes_holes(job))
		return 0;
	*ret = vhd_stored_new(&job->spec, job->contents, err);
	return *ret ? 0 : -ENOMEM;
}

/* Told of so often, of each disk. */
#define MEASURE_STEPS 64

static int measure_job(struct sum *sum, uint64_t before, uint64_t size, struct error *err)
{
	uint64_t step = div_round_up(sum->job->contents->size, MEASURE_STEPS), bytes = 0;
	int r = open_stored(sum->job, &sum->stored, err);

	for (uint64_t at = 0; r == 0 && at < sum->job->contents->size;) {
		at = min_u64(at + step, sum->job->contents->size);
		if (sum->stored)
			r = vhd_stored_up_to(sum->stored, at, &bytes, err);
		else
			bytes = at;
		progress_tell(sum->progress, PROGRESS_SPACE, before + at, size);
	}
	vhd_stored_free(sum->stored);
	sum->total += bytes;
	return r;
}

/* What all of them have to move. */
static int measure_all(const struct jobs *jobs, struct sum *sum, struct error *err)
{
	uint64_t size = 0, before = 0;
	int r = 0;

	for (size_t i = 0; i < jobs->count; i++)
		size += jobs->list[i].contents->size;
	progress_tell(sum->progress, PROGRESS_SPACE, 0, size);
	for (size_t i = 0; r == 0 && i < jobs->count; i++) {
		sum->job = &jobs->list[i];
		r = measure_job(sum, before, size, err);
		before += jobs->list[i].contents->size;
	}
	return r;
}

/* A pipe has nothing to sync. */
static int stream_image(const struct job *job, const struct vhd_progress *progress,
			struct error *err)
{
	int fd = job->out->file.fd;
	int r = raw_stream(fd, job->path, job->contents, progress, err);

	if (r == 0 && fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
		r = error_errno(err, "'%s': cannot sync", job->path);
	return r;
}

static int write_image(const struct job *job, const struct vhd_progress *progress,
		       struct error *err)
{
	const struct vhd1_spec vhd = {.type = job->spec.type,
				      .unique_id = job->spec.data_write_guid,
				      .time = job->time};
	int fd = job->out->file.fd;

	if (job->is_stream)
		return stream_image(job, progress, err);
	if (job->format == VHD_FORMAT_VHD)
		return vhd1_write(fd, job->path, &vhd, job->contents, progress, err);
	if (job->format == VHD_FORMAT_QCOW2)
		return qcow2_write(fd, job->path, job->contents, progress, err);
	return job->format == VHD_FORMAT_RAW
		       ? raw_write(fd, job->path, job->contents, progress, err)
		       : vhdx_write(fd, job->path, &job->spec, job->contents, progress, err);
}

static int write_counted(struct sum *sum, struct error *err)
{
	const struct vhd_progress of_job = {update_sum, sum};
	int r = open_stored(sum->job, &sum->stored, err);

	if (r == 0)
		r = tell_place(sum->job, write_image(sum->job, &of_job, err), err);
	if (r == 0)
		sum->before += done_of(sum, sum->job->contents->size);
	vhd_stored_free(sum->stored);
	return r;
}

static int write_images(const struct jobs *jobs, const struct progress *progress,
			uint64_t *ret_stored, struct error *err)
{
	struct sum sum = {.progress = progress};
	int r = measure_all(jobs, &sum, err);

	if (r == 0)
		progress_tell(progress, PROGRESS_COPY, 0, sum.total);
	for (size_t i = 0; r == 0 && i < jobs->count; i++) {
		sum.job = &jobs->list[i];
		r = write_counted(&sum, err);
	}
	if (r == 0)
		progress_tell(progress, PROGRESS_COPY, sum.total, sum.total);
	*ret_stored = sum.total;
	return r;
}

static int sync_all(const struct write_outputs *outputs, const struct progress *progress,
		    struct error *err)
{
	int r = 0;

	progress_tell(progress, PROGRESS_SYNC, 0, outputs->count);
	for (size_t i = 0; r == 0 && i < outputs->count; i++) {
		r = outfile_sync(outputs->all[i], err);
		if (r == 0)
			progress_tell(progress, PROGRESS_SYNC, i + 1, outputs->count);
	}
	return r;
}

/* Copied from a source that was written to, it is a mixture. */
static int check_source(const struct disk *source, struct error *err)
{
	int r = vhd_check_unchanged(source, err);

	return r < 0 ? r : vhd_check_reads(source, err);
}

static int check_sources(const struct write_paths *paths, const struct write_contents *contents,
			 struct error *err)
{
	int r = check_source(contents->source, err);

	for (size_t i = 0; r == 0 && i < paths->data_count; i++)
		r = check_source(paths->data[i].source, err);
	return r;
}

static void sum_space(const struct jobs *jobs, struct write_space *ret)
{
	struct stat st;

	for (size_t i = 0; i < jobs->count; i++) {
		ret->needed += jobs->list[i].needed;
		if (fstat(jobs->list[i].out->file.fd, &st) == 0 && S_ISREG(st.st_mode))
			ret->written += (uint64_t)st.st_blocks * 512;
	}
}

int write_fill(struct write_outputs *outputs, const struct write_paths *paths,
	       const struct write_contents *contents, const struct progress *progress,
	       struct write_space *ret, struct error *err)
{
	CLEANUP_JOBS struct jobs jobs = {.list = NULL};
	const struct firmware *firmware = &contents->build->firmware;
	int r = jobs_make(outputs, paths, contents, &jobs, err);

	*ret = (struct write_space){.stored = 0};

	if (r == 0 && paths->nvram)
		r = outfile_write_sparse(&outputs->nvram, firmware->file, firmware->size, err);
	if (r == 0 && paths->report)
		r = outfile_write(&outputs->report, contents->report_json,
				  strlen(contents->report_json), 0, err);
	for (size_t i = 0; r == 0 && i < WRITE_FORM_MAX; i++)
		if (paths->forms[i])
			r = outfile_write(&outputs->forms[i], contents->forms[i].data,
					  contents->forms[i].size, 0, err);
	if (r == 0)
		r = check_all_space(&jobs, err);
	if (r == 0)
		r = write_images(&jobs, progress, &ret->stored, err);
	if (r == 0)
		r = sync_all(outputs, progress, err);
	if (r == 0)
		sum_space(&jobs, ret);
	return r < 0 ? r : check_sources(paths, contents, err);
}
