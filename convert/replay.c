/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Journals of volumes that were not closed: see replay.h. */
#include "convert/replay.h"

#include <inttypes.h>

#include "common/checked.h"
#include "convert/changes.h"

/* The replay of one volume writes to 64 MiB and to pages of the log. */
#define MAX_VOLUME_CHANGES (192 * MIB)
#define MAX_CHANGES	   (1 * GIB)

static int open_whole(struct disk *disk, uint64_t max_bytes, struct disk **ret, struct error *err)
{
	const struct changes_range whole = {.length = disk->size};

	return changes_open(disk, disk->size, &whole, 1, max_bytes, ret, err);
}

/* Write what was changed in 'trial' to the same place of the volume at 'offset' of 'view'. */
static int keep_changes(struct disk *trial, struct disk *view, uint64_t offset, struct error *err)
{
	struct disk_extent extent;
	int r = 0;

	for (uint64_t at = 0; r == 0 && at < trial->size; at += extent.length) {
		r = disk_extent(trial, at, &extent, err);
		for (uint64_t done = 0;
		     r == 0 && extent.kind == DISK_MEMORY && done < extent.length;) {
			uint8_t buffer[4096];
			size_t now = (size_t)min_u64(extent.length - done, sizeof(buffer));

			r = disk_read(trial, buffer, now, at + done, err);
			if (r == 0)
				r = disk_write(view, buffer, now, offset + at + done, err);
			done += now;
		}
	}
	return r;
}

/* What nobody can mount is not kept, sound as it may seem to the replay. */
static int check_mount(struct disk *trial, struct error *err)
{
	CLEANUP_VOLUME struct volume *volume = NULL;
	struct error found;
	int r = volume_open(trial, false, &volume, err);

	if (r == 0) /* as its files are now */
		r = volume_check_hibernation(trial, err);
	if (r == 0 || err->kind != ERROR_DAMAGED)
		return r;
	found = *err;
	return error_refused(err, REFUSAL_NTFS_DIRTY, JOURNAL_ADVICE,
			     "the volume cannot be mounted after its NTFS journal was replayed: %s",
			     found.message);
}

/* A problem of the volume is noted; one of the host ends all. */
static int sort_out(int r, struct error *problem, struct error *err)
{
	if (r == 0 || problem->kind != ERROR_FAILED)
		return 0;
	if (err)
		*err = *problem;
	return r;
}

static int replay_open(struct disk *disk, struct disk *window, uint64_t offset,
		       const struct journal_progress *progress, struct disk **view,
		       struct replay *ret, struct error *err)
{
	CLEANUP_DISK struct disk *trial = NULL;
	int r = open_whole(window, MAX_VOLUME_CHANGES, &trial, err);

	if (r < 0)
		return r;
	r = journal_replay(trial, progress, &ret->info, &ret->problem);
	if (r == 0)
		r = check_mount(trial, &ret->problem);
	if (r < 0)
		return sort_out(r, &ret->problem, err);
	if (!*view)
		r = open_whole(disk, MAX_CHANGES, view, err);
	if (r == 0)
		r = keep_changes(trial, *view, offset, err);
	ret->is_replayed = r == 0 && ret->info.state == JOURNAL_OPEN;
	ret->is_closed = r == 0 && ret->info.state == JOURNAL_VOID && changes_bytes(trial) > 0;
	return r;
}

int replay_volume(struct disk *disk, const struct volume_place *place, bool is_allowed,
		  const struct journal_progress *progress, struct disk **view, struct replay *ret,
		  struct error *err)
{
	struct disk_window window;
	int r = disk_window_init(&window, *view ? *view : disk, place->offset, place->length, err);

	*ret = (struct replay){.is_replayed = false};
	if (r < 0)
		return r;
	r = journal_look(&window.disk, &ret->info, &ret->problem);
	if (r < 0 && ret->problem.kind == ERROR_DAMAGED)
		ret->problem = (struct error)ERROR_INIT; /* mounting it will say it better */
	if (r < 0 || (ret->info.state != JOURNAL_OPEN && ret->info.state != JOURNAL_VOID))
		return sort_out(r, &ret->problem, err);
	r = volume_check_hibernation(&window.disk, &ret->problem);
	if (r < 0 && error_is_of_host(&ret->problem))
		return sort_out(r, &ret->problem, err);
	if (ret->problem.refusal == REFUSAL_HIBERNATED)
		return 0;
	/* Whatever else keeps it from being looked at may be mended by the replay. */
	ret->problem = (struct error)ERROR_INIT;
	if (is_allowed || ret->info.state == JOURNAL_VOID)
		return replay_open(disk, &window.disk, place->offset, progress, view, ret, err);
	ret->is_unwanted = true;
	error_refused(
		&ret->problem, REFUSAL_NTFS_DIRTY,
		"convert again without --no-journal-replay, or take a copy that was shut down "
		"or prepared by VSS",
		"the NTFS volume was not closed, its journal holds changes that are not "
		"replayed");
	error_of_wish(&ret->problem);
	return 0;
}

uint64_t replay_log_bytes(struct disk *disk, const struct volume_place *place)
{
	struct journal_info info = {.state = JOURNAL_UNKNOWN};
	struct disk_window window;

	if (disk_window_init(&window, disk, place->offset, place->length, NULL) < 0 ||
	    journal_look(&window.disk, &info, NULL) < 0)
		return 0;
	return info.state == JOURNAL_OPEN ? info.log_bytes : 0;
}

const char *replay_text(const struct replay *replay, bool is_planned)
{
	if (replay->problem.refusal == REFUSAL_HIBERNATED)
		return "hibernated";
	if (replay->is_replayed)
		return is_planned ? "to be replayed" : "replayed";
	if (replay->info.state == JOURNAL_UNKNOWN && replay->problem.kind == ERROR_NONE)
		return NULL;
	if (replay->is_unwanted)
		return "not replayed";
	return replay->problem.kind != ERROR_NONE ? "cannot be replayed"
						  : journal_state_text(replay->info.state);
}

bool replay_has_changed(const struct replay *replay)
{
	return replay->is_replayed || replay->is_closed;
}

void replay_note(const struct replay *replay, struct note_list *notes)
{
	const struct journal_info *info = &replay->info;

	if (replay->is_closed)
		note_add(notes, "the journal, which chkdsk has made void, is marked as closed");
	else
		note_add(notes,
			 "the journal is replayed and closed (log %u.%u, %" PRIu64
			 " records): %" PRIu64 " changes redone, %" PRIu64
			 " unfinished transactions undone",
			 info->major, info->minor, info->records, info->redone, info->transactions);
}
