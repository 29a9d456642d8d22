/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Progress on standard error: a line that is rewritten on a terminal, a line per percent elsewhere
 * when asked for, and one line whenever SIGUSR1 arrives, as dd prints it.
 */
#ifndef HVGEN2_CONVERT_CMD_PROGRESS_H
#define HVGEN2_CONVERT_CMD_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "vhd/vhd.h"

struct progress {
	struct vhd_progress callback; /* to be handed to the writer */
	bool on_terminal, each_percent;
	unsigned int percent;
	struct timespec start, last;
};

/*
 * 'quiet' prints nothing but on SIGUSR1; 'verbose' prints also when standard error is no terminal.
 */
void progress_start(struct progress *progress, bool verbose, bool quiet);

/* End the line on a terminal. */
void progress_end(const struct progress *progress);

#endif
