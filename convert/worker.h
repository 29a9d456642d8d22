/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Committer and worker. The outputs are created, without names or under temporary ones, and then a
 * worker is forked, which reads the source and fills them in the sandbox: it has descriptors, and
 * no way to a name. The committer keeps the names, has no source open, and reads from the worker
 * one letter: that all is whole. It gives the outputs their names, or none when the worker ends
 * without it, by whatever.
 */
#ifndef HVGEN2_CONVERT_WORKER_H
#define HVGEN2_CONVERT_WORKER_H

#include "convert/write.h"

/* What the worker's end of the channel is where there is no worker. */
#define WORKER_NONE (-1)

struct worker {
	int (*work)(void *context, int channel); /* in the worker; returns the exit status */
	void (*let_go)(void *context); /* in the committer: close the source and all of it */
	void *context;
	bool only_report; /* the worker may have the report committed, and whoever called the rest */
};

/*
 * Fork, and wait for the end. Returns the exit status of the worker; 1, with *err filled, when it
 * was killed or could not be started.
 */
int worker_run(const struct worker *worker, struct write_outputs *outputs, struct error *err);

/* In the worker: have the outputs committed, or the report alone. Without a worker the same is done
 * at once. Errors: those of write_commit(); ERROR_FAILED when the committer is gone. */
int worker_commit(int channel, struct write_outputs *outputs, bool report_only, struct error *err);

#endif
