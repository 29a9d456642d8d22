/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How far the long phases of a run are: told by whoever does the work, shown by the verb. A phase is told of at its begin (0 of
 * 'total'), on its way, and when it is over ('total' of 'total'), also when it was short.
 */
#ifndef HVGEN2_COMMON_PROGRESS_H
#define HVGEN2_COMMON_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

enum progress_phase {
	PROGRESS_JOURNAL, /* bytes of the journals that are replayed; where there are such */
	PROGRESS_SURVEY,  /* what is on the source, and what is to change: steps */
	PROGRESS_SPACE,	  /* what is stored where: bytes of the virtual disks that were looked at */
	PROGRESS_COPY,	  /* bytes that are stored, and copied or made */
	PROGRESS_SYNC,	  /* outputs that have reached their device */
	PROGRESS_CHECKS, /* 'verify': bytes that are stored and read back, and one for each check */
	PROGRESS_GUESTFS, /* 'verify': libguestfs, which does not say how far it is: 0 or 1 */
	PROGRESS_PLAN,	  /* 'batch': sources that were surveyed */
	PROGRESS_BATCH,	  /* 'batch': bytes that are stored, of all VMs or of one */
	PROGRESS_PHASE_MAX,
};

/* Of PROGRESS_SURVEY: looked at, and all changes built. */
#define PROGRESS_SURVEY_STEPS 2

/* "journal", "survey", ... */
const char *progress_phase_text(enum progress_phase phase);

/* Is it bytes that are counted, and moved one by one, so that a rate says something? */
bool progress_has_rate(enum progress_phase phase);

/* Whoever wants to know. */
struct progress {
	void (*update)(void *opaque, enum progress_phase phase, uint64_t done, uint64_t total);
	void *opaque;
};

/* Tell it; 'progress' may be NULL. */
void progress_tell(const struct progress *progress, enum progress_phase phase, uint64_t done,
		   uint64_t total);

#endif
