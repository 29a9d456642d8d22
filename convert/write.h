/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Write what a plan and its changes say: the disk, the NVRAM store and the report, all under
 * temporary names first. They get their final names only when all of them are whole, the disk last.
 * There are no decisions here.
 */
#ifndef HVGEN2_CONVERT_WRITE_H
#define HVGEN2_CONVERT_WRITE_H

#include <stdbool.h>

#include "convert/build.h"
#include "convert/plan.h"

struct write_paths {
	const char *disk;
	const char *nvram;	    /* NULL: none */
	const char *report;	    /* NULL: none */
	const char *parent_on_host; /* of a differencing disk: where its parent will be on the
				       Hyper-V host, or NULL */
	bool replace;		    /* existing files */
};

/*
 * Do the outputs stand in the way of something? REFUSAL_OUTPUT_EXISTS, and ERROR_USAGE when two
 * outputs are one file. 'source' is from vhd_open(); ERROR_USAGE also when an output is a file of
 * the source's chain.
 */
int write_check_paths(const struct write_paths *paths, const struct disk *source,
		      struct error *err);

/* From now on SIGINT, SIGTERM and SIGHUP remove the temporary files of outputs and end the program
 * with status 1. */
void write_handle_signals(void);

/*
 * Write. Also before the first byte: ENOSPC when the file system of the disk has less room than the
 * output needs. A source that was changed since it was opened is ERROR_FAILED. All outputs are synced before the first one gets its name; when a later one fails
 * to get its own, those before it are withdrawn, unless they replaced an older file.
 */
int write_outputs(const struct write_paths *paths, struct disk *source, const struct plan *plan,
		  const struct build *build, const char *report_json,
		  const struct vhd_progress *progress, struct error *err);

#endif
