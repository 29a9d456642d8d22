/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Running a program under observation: how it ended, what it said, how much memory it took. */
#ifndef HVGEN2_TESTS_SUPPORT_PROCESS_H
#define HVGEN2_TESTS_SUPPORT_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

struct process_result {
	int status;	   /* exit status; -1 when it ended by a signal */
	int signal;	   /* 0 when it exited */
	bool timed_out;	   /* and was killed for it */
	long memory_kib;   /* largest resident set */
	char errors[4096]; /* the beginning of what it wrote to standard error */
};

/*
 * Run 'arguments' (NULL-terminated, the first one a path) with 'variables' ("NAME=value",
 * NULL-terminated or NULL) added to the environment, standard output thrown away. Killed after
 * 'seconds'. What cannot be done ends the test program.
 */
void process_run(const char *const *arguments, const char *const *variables, unsigned int seconds,
		 struct process_result *ret);

#endif
