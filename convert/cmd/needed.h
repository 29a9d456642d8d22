/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * 'convert --if-needed': are the outputs that this conversion would make there already? They are
 * opened before the source is looked into, and compared with what was planned and built: what can
 * be told without writing. Nothing is ever written with it but where no output is there.
 */
#ifndef HVGEN2_CONVERT_CMD_NEEDED_H
#define HVGEN2_CONVERT_CMD_NEEDED_H

#include "convert/report/report.h"

struct needed_file {
	uint8_t *data; /* a '\0' follows */
	size_t size;
};

/* What is there. Embedded; all zero is nothing. */
struct needed {
	bool is_there; /* all of it, and open */
	struct disk *disk;
	struct needed_file store, report;
};

void needed_done(struct needed *needed);

/*
 * Open what stands under the names of the outputs: all (is_there) or nothing. 'is_child': the disk is
 * one of the source. Errors: REFUSAL_OUTPUT_EXISTS for some of them, naming those that are missing,
 * and for what cannot be read; ERROR_USAGE for what is no regular file.
 */
int needed_open(const struct write_paths *paths, bool is_child, struct needed *ret,
		struct error *err);

/*
 * Remove, and tell of on standard error, what dead runs of the same outputs have left; of others it
 * is told only. A dry run removes nothing.
 */
void needed_clean(const struct write_paths *paths, bool is_dry_run);

/* Is it what the plan and the build of 'report' would make? REFUSAL_OUTPUT_EXISTS when not, saying
 * whether it is of another source, of the source in another state, with other options, or was
 * changed since. */
int needed_compare(const struct needed *needed, const struct write_paths *paths,
		   const struct report *report, struct error *err);

/* Say so on standard output, of the disk 'path', in a line; as JSON it is the report that is there.
 * Returns the exit status. */
int needed_print(const struct needed *needed, const char *path, bool json, bool quiet);

#endif
