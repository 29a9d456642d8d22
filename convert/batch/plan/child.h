/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process of our own, that ends with us: the program itself with other arguments, or a function. What it writes is
 * kept in memory of the system, and read when it has ended.
 */
#ifndef HVGEN2_CONVERT_BATCH_PLAN_CHILD_H
#define HVGEN2_CONVERT_BATCH_PLAN_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/buffer.h"
#include "common/error.h"

struct child {
	pid_t pid;  /* 0: none */
	int end;    /* becomes readable, at its end, when the process is gone; or -1 */
	int output; /* what it wrote to standard output; or -1 */
	int errors; /* and to standard error */
};

#define CHILD_INIT                                                                                 \
	{                                                                                          \
		.end = -1, .output = -1, .errors = -1                                              \
	}

/* Close and, while it runs, kill and wait. */
void child_done(struct child *child);
#define CLEANUP_CHILD CLEANUP(child_done)

/* Start this program, with its own file, whatever has become of its name. 'arguments' is NULL-terminated; the first one
 * is the verb. */
int child_start(struct child *child, char *const *arguments, struct error *err);

/* Start a function of this program; what it returns is the exit status. It leads a group of processes of its own, so
 * that no key of the terminal reaches it. */
int child_fork(struct child *child, int (*run)(void *context), void *context, struct error *err);

/* Wait for the end. Returns what waitpid() says of it. */
int child_wait(struct child *child);

/* "exit status 3", "signal 11 (Segmentation fault)". */
void child_end_text(int status, char ret[64]);

/* What it wrote, at most 'most' bytes, with a NUL behind them. */
int child_read(int fd, size_t most, struct buffer *ret, struct error *err);

#endif
