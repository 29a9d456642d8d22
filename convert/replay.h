/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Volumes that were not closed: their journals are replayed into a change set on top of the disk, on
 * which the survey and the build then stand. The disk itself is not written.
 */
#ifndef HVGEN2_CONVERT_REPLAY_H
#define HVGEN2_CONVERT_REPLAY_H

#include <stdbool.h>

#include "common/disk.h"
#include "common/notes.h"
#include "convert/ntfs/journal/journal.h"
#include "convert/ntfs/volume.h"

/* What became of the journal of a volume. All zero: not an NTFS volume. */
struct replay {
	struct journal_info info;
	bool is_replayed;
	bool is_closed;	      /* it was void, and is closed now */
	bool is_unwanted;     /* it could be, but replay was not asked for: 'problem' says so */
	struct error problem; /* why it could not be; kind ERROR_NONE otherwise */
};

/*
 * Look at the journal of the volume at 'place' of 'disk' and, when it is open and 'is_allowed',
 * replay it. One that is void since chkdsk has run is closed in any case. What that changes goes into *view, the change set on top of the whole disk, which is
 * made when it is NULL and is to be closed with disk_close(). A journal that cannot be replayed
 * leaves it as it is: *ret says why (REFUSAL_NTFS_DIRTY, or REFUSAL_HIBERNATED for a volume with a
 * saved system, whose journal nobody but that may touch). 'progress' may be NULL. Returns an error for I/O and lack of
 * memory alone.
 */
int replay_volume(struct disk *disk, const struct volume_place *place, bool is_allowed,
		  const struct journal_progress *progress, struct disk **view, struct replay *ret,
		  struct error *err);

/* The bytes of the journal of such a volume when it is open, else 0. */
uint64_t replay_log_bytes(struct disk *disk, const struct volume_place *place);

/* "closed", "replayed", ...; NULL when there is nothing to say. 'is_planned': it will be. */
const char *replay_text(const struct replay *replay, bool is_planned);

/* Has the journal been written to? */
bool replay_has_changed(const struct replay *replay);

/* What was done, as a sentence for the list of changes. */
void replay_note(const struct replay *replay, struct note_list *notes);

#endif
