/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Are the outputs there already? See needed.h. */
#include "convert/cmd/needed.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/leftover.h"
#include "common/outfile.h"
#include "common/safe_text.h"
#include "convert/cmd/cmd.h"

/* Stores and reports are smaller. */
#define MAX_FILE (64 * MIB)

/* Disk, store, report. */
#define OUTPUTS 3

void needed_done(struct needed *needed)
{
	disk_close(needed->disk);
	free(needed->store.data);
	free(needed->report.data);
	*needed = (struct needed){0};
}

static void list_outputs(const struct write_paths *paths, const char *ret[OUTPUTS])
{
	ret[0] = paths->disk;
	ret[1] = paths->nvram;
	ret[2] = paths->report;
}

static int refuse(const char *path, const char *why, struct error *err)
{
	return error_refused(err, REFUSAL_OUTPUT_EXISTS,
			     "choose another name for it, or replace it with --force",
			     "'%s' exists already, %s", path, why);
}

static int refuse_some(const char *exists, const char *missing[OUTPUTS], struct error *err)
{
	CLEANUP_FREE char *why = NULL;
	int n = missing[1] ? asprintf(&why, "but '%s' and '%s' are missing", missing[0], missing[1])
			   : asprintf(&why, "but '%s' is missing", missing[0]);

	if (n < 0)
		why = NULL;
	return refuse(exists, n < 0 ? "but not all that belongs to it" : why, err);
}

/* All or none of them; what exists is a regular file. */
static int look_for_all(const struct write_paths *paths, bool *ret_exist, struct error *err)
{
	const char *outputs[OUTPUTS], *missing[OUTPUTS] = {NULL}, *exists = NULL;
	size_t missing_count = 0;
	struct stat st;
	int r = 0;

	list_outputs(paths, outputs);
	for (size_t i = 0; r == 0 && i < OUTPUTS; i++) {
		if (!outputs[i])
			continue;
		if (lstat(outputs[i], &st) < 0 && errno == ENOENT) {
			missing[missing_count++] = outputs[i];
			continue;
		}
		exists = exists ? exists : outputs[i];
		r = outfile_check_place(outputs[i], /*replace=*/true, err);
	}
	*ret_exist = exists && !missing_count;
	return r < 0 || !exists || !missing_count ? r : refuse_some(exists, missing, err);
}

static int read_file(const char *path, struct needed_file *ret, struct error *err)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, "'%s'", path);
	if ((uint64_t)st.st_size > MAX_FILE)
		return refuse(path, "and is too large to be made by this conversion", err);
	ret->data = malloc((size_t)st.st_size + 1);
	if (!ret->data)
		return error_failed(err, ENOMEM, "out of memory");
	for (ret->size = 0; ret->size < (size_t)st.st_size; ret->size += (size_t)n) {
		n = read(fd, ret->data + ret->size, (size_t)st.st_size - ret->size);
		if (n < 0)
			return error_errno(err, "'%s': cannot read", path);
		if (n == 0)
			break;
	}
	ret->data[ret->size] = '\0';
	return 0;
}

/* What cannot be opened is not whole. */
static int open_disk(const struct write_paths *paths, bool is_child, struct needed *ret,
		     struct error *err)
{
	const char *const parents[] = {paths->source, NULL};
	const struct vhd_open_options options = {.parents = is_child ? parents : NULL};
	struct error unread = ERROR_INIT;
	char why[sizeof(unread.message) + 32];

	if (vhd_open(paths->disk, &options, &ret->disk, &unread) == 0)
		return 0;
	snprintf(why, sizeof(why), "but cannot be read: %s", unread.message);
	return refuse(paths->disk, why, err);
}

int needed_open(const struct write_paths *paths, bool is_child, struct needed *ret,
		struct error *err)
{
	int r = look_for_all(paths, &ret->is_there, err);

	if (r < 0 || !ret->is_there)
		return r;
	r = open_disk(paths, is_child, ret, err);
	if (r == 0 && paths->nvram)
		r = read_file(paths->nvram, &ret->store, err);
	return r < 0 ? r : read_file(paths->report, &ret->report, err);
}

static void tell_leftover(void *context, const char *path, enum leftover what)
{
	static const char *const texts[] = {
		[LEFTOVER_REMOVED] = "removed: a run that was killed has left it",
		[LEFTOVER_OURS] = "a run that was killed has left it; it may be removed",
		[LEFTOVER_OLD] = "a run that was killed while it replaced a file has left it; it "
				 "may be the only copy of the old one",
		[LEFTOVER_OF_OTHER] = "a run for another output that was killed has left it; it "
				      "may be removed",
	};

	(void)context;
	cmd_warn("'%s': %s", path, texts[what]);
}

void needed_clean(const struct write_paths *paths, bool is_dry_run)
{
	const char *outputs[OUTPUTS];

	list_outputs(paths, outputs);
	leftover_find(outputs, OUTPUTS, !is_dry_run, tell_leftover, NULL);
}

/* What neither has is the same: a Linux has other keys than Windows, a GPT than an MBR. */
static bool is_same(const json_t *there, const json_t *wanted, const char *object, const char *key)
{
	const json_t *a = json_object_get(json_object_get(there, object), key);
	const json_t *b = json_object_get(json_object_get(wanted, object), key);

	return (!a && !b) || json_equal(a, b);
}

static bool are_same(const json_t *there, const json_t *wanted, const char *object,
		     const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_same(there, wanted, object, keys[i]))
			return false;
	return true;
}

/*
 * Why the report is not the one that this conversion would make; NULL when it is. The data write
 * GUID is another one for each state of the source (its own GUID, the time of its last change) and
 * for the options that change the disk; what these are shows in the rest.
 */
static const char *other_report(const json_t *there, const json_t *wanted)
{
	static const char *const chosen[] = {"layout",	  "format",  "image",
					     "size",	  "shift",   "block_size",
					     "disk_guid", "disk_id", "partitions"};
	static const char *const boot[] = {"boot_files", "source", "folder"};

	if (!is_same(there, wanted, "source", "disk_id") ||
	    !is_same(there, wanted, "before", "signature") ||
	    !is_same(there, wanted, "before", "disk_guid"))
		return "and is of another source";
	if (!is_same(there, wanted, "before", "size"))
		return "and is of this source in another state: it had another size";
	if (!are_same(there, wanted, "after", chosen, ARRAY_SIZE(chosen)) ||
	    !are_same(there, wanted, "esp", boot, ARRAY_SIZE(boot)) ||
	    !json_equal(json_object_get(there, "nvram"), json_object_get(wanted, "nvram")))
		return "and was made with other options";
	if (!is_same(there, wanted, "after", "data_write_guid"))
		return "and is of this source in another state (it was written since), or was "
		       "made with other options";
	if (!json_equal(json_object_get(there, "changed"), json_object_get(wanted, "changed")))
		return "and was made with other options, or by another version of hvgen2";
	return NULL;
}

static int compare_report(const struct needed *needed, const char *path,
			  const struct report *report, struct error *err)
{
	CLEANUP_FREE char *text = report_json(report);
	json_t *wanted = text ? json_loads(text, 0, NULL) : NULL, *there;
	const char *why;

	if (!wanted)
		return error_failed(err, ENOMEM, "out of memory");
	there = json_loadb((const char *)needed->report.data, needed->report.size, 0, NULL);
	why = there ? other_report(there, wanted) : "and is no report";
	json_decref(there);
	json_decref(wanted);
	return why ? refuse(path, why, err) : 0;
}

static int compare_store(const struct needed *needed, const char *path,
			 const struct firmware *firmware, struct error *err)
{
	if (needed->store.size == firmware->size &&
	    memcmp(needed->store.data, firmware->file, firmware->size) == 0)
		return 0;
	return refuse(path, "and was changed since: it is not the store of this conversion", err);
}

/* The bytes that the conversion makes are there; those that it takes from the source are known by
 * the GUID of the disk. Returns 1, 0 or a negative errno. */
static int holds_changes(struct disk *disk, struct disk *target, uint8_t buffers[2][64 * 1024],
			 struct error *err)
{
	struct disk_extent extent;
	int r = 0;

	for (uint64_t at = 0; r == 0 && at < target->size;) {
		uint64_t length;

		r = disk_extent(target, at, &extent, err);
		length = extent.kind == DISK_MEMORY ? min_u64(extent.length, sizeof(buffers[0]))
						    : extent.length;
		if (r == 0 && extent.kind == DISK_MEMORY) {
			r = disk_read(target, buffers[0], (size_t)length, at, err);
			if (r == 0)
				r = disk_read(disk, buffers[1], (size_t)length, at, err);
			if (r == 0 && memcmp(buffers[0], buffers[1], (size_t)length) != 0)
				return 0;
		}
		at += length;
	}
	return r < 0 ? r : 1;
}

static bool is_disk_of(const struct vhd_info *info, const struct plan *plan)
{
	const struct guid *written =
		info->format == VHD_FORMAT_VHD ? &info->disk_id : &info->data_write_guid;

	if (info->format != plan->format || info->virtual_size != plan->disk_size)
		return false;
	return info->format == VHD_FORMAT_RAW || guid_equal(written, &plan->vhdx.data_write_guid);
}

static int compare_disk(const struct needed *needed, const char *path, const struct report *report,
			struct error *err)
{
	static const char changed[] =
		"and was written since, or is not the disk of the report beside it";
	CLEANUP_FREE uint8_t(*buffers)[64 * 1024] = malloc(2 * sizeof(*buffers));
	int r;

	if (!buffers)
		return error_failed(err, ENOMEM, "out of memory");
	if (!is_disk_of(vhd_info(needed->disk), report->plan))
		return refuse(path, changed, err);
	r = holds_changes(needed->disk, report->build->target, buffers, err);
	return r == 0 ? refuse(path, changed, err) : r < 0 ? r : 0;
}

int needed_compare(const struct needed *needed, const struct write_paths *paths,
		   const struct report *report, struct error *err)
{
	int r = compare_report(needed, paths->report, report, err);

	if (r == 0 && paths->nvram)
		r = compare_store(needed, paths->nvram, &report->build->firmware, err);
	return r < 0 ? r : compare_disk(needed, paths->disk, report, err);
}

int needed_print(const struct needed *needed, const char *path, bool json, bool quiet)
{
	struct error err = ERROR_INIT;

	errno = 0;
	if (json)
		safe_lines(stdout, (const char *)needed->report.data);
	else if (!quiet)
		safe_printf(stdout,
			    "'%s' is there already, with all that belongs to it, from this source "
			    "with these options; nothing was written\n",
			    path);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	error_failed(&err, errno ? errno : EIO, "cannot write to standard output: %s",
		     strerror(errno ? errno : EIO));
	return cmd_fail(&err);
}
