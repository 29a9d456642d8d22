/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The programs that the reader starts: without a shell, in a session of their own, and with
 * nothing open but what they are given. They end with the reader. */
#ifndef HVGEN2_CONVERT_GRUB_READER_CHILD_H
#define HVGEN2_CONVERT_GRUB_READER_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/lockdown.h"

struct child {
	const char *const *argv;	/* argv[0] is a path */
	const char *const *environment; /* all of it */
	int in, out, err;
	/* Where paths may lead it. It is locked in otherwise too: no capability, no other process, no
	 * network, 512 MiB, 'seconds' of processor time, and files of at most 'file_bytes'. As far as
	 * the kernel can, or not started without. */
	const struct lockdown_places *places;
	bool must_lock;
	unsigned int seconds;
	uint64_t file_bytes;
};

/* Exit statuses of a child that is none yet; the second is also what the loader of libraries gives. */
#define CHILD_NOT_LOCKED  126
#define CHILD_NOT_STARTED 127

/* A child that runs. */
struct running {
	pid_t pid;
	int end; /* of a pipe that closes when it ends */
};

/* Returns 0, or the negative errno for which it could not be started. */
int reader_child_start(const struct child *child, struct running *ret);

/* By a clock that only goes forward. */
int64_t reader_now_ms(void);

enum child_end {
	CHILD_ENDED,
	CHILD_LATE, /* killed when its time was over */
	CHILD_LEFT, /* killed because nobody is at the other end of 'asker' any more, or by a signal to
		       the reader */
};

/* Wait for its end, no longer than 'ms'. *ret_status is what waitpid() gives. */
enum child_end reader_child_wait(struct running *running, int asker, int ms, int *ret_status);

#endif
