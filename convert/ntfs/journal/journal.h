/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal of an NTFS volume ($LogFile): what state it is in, and its replay.
 *
 * Windows logs every change of metadata before it makes it, with what undoes it. A volume that was
 * not closed is therefore brought to a consistent state in three passes: analysis of the last
 * checkpoint and what follows it, redo of what may not have reached the disk, undo of transactions
 * that had not ended. Contents of ordinary files are not in the log.
 *
 * Nothing here mounts the volume. Versions 1.1 and 2.0 of the log and clients 0.0 and 1.0 are
 * replayed. Whatever is not understood to the last byte is refused with REFUSAL_NTFS_DIRTY.
 */
#ifndef HVGEN2_CONVERT_NTFS_JOURNAL_JOURNAL_H
#define HVGEN2_CONVERT_NTFS_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/disk.h"
#include "common/progress.h"

/* What the user can do about a journal that is not replayed. */
#define JOURNAL_ADVICE                                                                             \
	"take a copy that Windows has prepared (a production checkpoint or a VSS snapshot, an "    \
	"application-consistent recovery point), or start the guest, shut it down fully and "      \
	"convert again"

enum journal_state {
	JOURNAL_UNKNOWN, /* it could not be told: see the error */
	JOURNAL_CLOSED,	 /* the volume was closed: nothing is in it */
	JOURNAL_EMPTY,	 /* never used, or emptied */
	JOURNAL_VOID,	 /* chkdsk has run since: nothing of it counts */
	JOURNAL_OPEN,	 /* the volume was in use: to be replayed */
};

/* "closed"; for reports. */
const char *journal_state_text(enum journal_state state);

struct journal_info {
	enum journal_state state;
	unsigned int major, minor;		 /* of the log; 0.0 when it is empty */
	unsigned int client_major, client_minor; /* journal_replay() alone, of an open one */
	uint64_t log_bytes;			 /* of $LogFile */
	uint64_t records;			 /* looked at, from the checkpoint to the end */
	uint64_t redone;			 /* changes that had not reached the disk */
	uint64_t transactions;			 /* that had not ended, and were undone */
	uint64_t undone;			 /* changes of theirs */
};

/*
 * What the restart pages say. Reads the boot sector, two or three records of the MFT and two pages.
 * *ret is filled in every case. Errors: REFUSAL_NTFS_DIRTY when the pages cannot be trusted or are
 * of a version that is not known; ERROR_DAMAGED when the boot sector or the MFT is not one; I/O.
 */
int journal_look(struct disk *volume, struct journal_info *ret, struct error *err);

/* Who is told of PROGRESS_JOURNAL, in bytes of logs. */
struct journal_progress {
	const struct progress *progress;
	uint64_t before; /* of those that were replayed before this one */
	uint64_t total;	 /* of all */
};

/*
 * Replay the journal onto 'volume', which is written through disk_write(), and close it. A journal
 * that is closed or empty is left alone; of a void one the restart pages are closed and keep the mark
 * of chkdsk, from which Windows begins a new one. On any error what was written is to be thrown away: pass a
 * change set, never a disk. Takes memory for the log (at most 64 MiB) and some MiB for tables, and
 * writes to at most 64 MiB. Errors: REFUSAL_NTFS_DIRTY with the exact reason, for a log that is not
 * understood and for a volume that is not sound afterwards; else as journal_look(). 'progress' may be NULL.
 */
int journal_replay(struct disk *volume, const struct journal_progress *progress,
		   struct journal_info *ret, struct error *err);

#endif
