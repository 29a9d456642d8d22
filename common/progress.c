/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How far the long phases of a run are: see progress.h. */
#include "common/progress.h"

#include <stddef.h>

static const char *const phases[PROGRESS_PHASE_MAX] = {
	[PROGRESS_JOURNAL] = "journal", [PROGRESS_SURVEY] = "survey", [PROGRESS_SPACE] = "space",
	[PROGRESS_COPY] = "copy",	[PROGRESS_SYNC] = "sync",     [PROGRESS_CHECKS] = "checks",
	[PROGRESS_GUESTFS] = "guestfs", [PROGRESS_PLAN] = "plan",     [PROGRESS_BATCH] = "batch",
};

const char *progress_phase_text(enum progress_phase phase)
{
	return phases[phase];
}

bool progress_has_rate(enum progress_phase phase)
{
	return phase == PROGRESS_COPY || phase == PROGRESS_CHECKS || phase == PROGRESS_BATCH;
}

void progress_tell(const struct progress *progress, enum progress_phase phase, uint64_t done,
		   uint64_t total)
{
	if (progress)
		progress->update(progress->opaque, phase, done, total);
}
