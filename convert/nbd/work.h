/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What reads the source: a process of its own, which opens the chain with rights to its folders
 * alone, sends the descriptors, locks itself in, and then does what 'hvgen2 convert' does up to the
 * copy. It leaves the map, fills store and report, and ends. (worker.h, sandbox.h)
 */
#ifndef HVGEN2_CONVERT_NBD_WORK_H
#define HVGEN2_CONVERT_NBD_WORK_H

#include "convert/cmd/conversion.h"
#include "convert/nbd/map.h"
#include "convert/report/report.h"

/* In memory that both processes share: believed to be nothing but bytes. */
struct work_answer {
	bool is_done;
	struct error err; /* of kind ERROR_NONE when it went well */
	struct map map;
};

struct work {
	struct convert *convert; /* what the keys said */
	const char *path;
	bool is_of_source;	       /* the map is that of the source itself */
	struct write_paths paths;      /* of the store and the report, without a disk */
	struct write_outputs *outputs; /* which are created */
	struct work_answer *answer;
	int sender;	     /* of a pair of sockets: the descriptors of the chain leave here */
	int pieces, memory;  /* empty memory files, for the map */
	struct disk *source; /* the rest belongs to work_run() */
	struct grub_reader *reader;
	struct survey survey;
	struct plan plan;
	struct build build;
	struct report report;
};

/* In a worker, whose context is a struct work. It fills the answer and ends the process, with
 * status 1: the answer, not the status, says how it went. */
int work_run(void *context, int channel);

#endif
