/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Progress on standard error: see progress.h. */
#include "convert/cmd/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "common/safe_text.h"
#include "common/size.h"

/* Redraw at most this often on a terminal. */
#define REDRAW_SECONDS 0.2

static volatile sig_atomic_t state_wanted;

static void want_state(int number)
{
	(void)number;
	state_wanted = 1;
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

static void print_state(const struct progress *progress, uint64_t done, uint64_t total, char end)
{
	double seconds = seconds_since(&progress->start);
	double rate = seconds > 0 ? (double)done / seconds : 0;
	char so_far[32], whole[32], speed[32];

	if (progress->on_terminal)
		safe_printf(stderr, "\r");
	safe_printf(stderr, "%s of %s (%u %%), %s/s, %.0f s left", size_text(done, so_far),
		    size_text(total, whole), total ? (unsigned int)(done * 100 / total) : 100,
		    size_text((uint64_t)rate, speed),
		    rate > 0 ? (double)(total - done) / rate : 0.0);
	if (progress->on_terminal)
		safe_printf(stderr, "\033[K");
	safe_printf(stderr, "%c", end);
	fflush(stderr);
}

static void update(void *opaque, uint64_t done, uint64_t total)
{
	struct progress *progress = opaque;
	unsigned int percent = total ? (unsigned int)(done * 100 / total) : 100;

	if (state_wanted) {
		state_wanted = 0;
		print_state(progress, done, total, '\n');
	}
	if (progress->on_terminal &&
	    (seconds_since(&progress->last) >= REDRAW_SECONDS || done == total)) {
		clock_gettime(CLOCK_MONOTONIC, &progress->last);
		print_state(progress, done, total, '\r');
	} else if (progress->each_percent && percent > progress->percent) {
		print_state(progress, done, total, '\n');
	}
	progress->percent = percent;
}

void progress_start(struct progress *progress, bool verbose, bool quiet)
{
	struct sigaction action = {.sa_handler = want_state, .sa_flags = SA_RESTART};

	*progress = (struct progress){
		.callback = {update, progress},
		.on_terminal = !quiet && isatty(STDERR_FILENO),
	};
	progress->each_percent = verbose && !quiet && !progress->on_terminal;
	clock_gettime(CLOCK_MONOTONIC, &progress->start);
	progress->last = progress->start;
	sigemptyset(&action.sa_mask);
	sigaction(SIGUSR1, &action, NULL);
}

void progress_end(const struct progress *progress)
{
	if (progress->on_terminal)
		safe_printf(stderr, "\r\033[K");
}
