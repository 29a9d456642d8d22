/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Running a batch: claim what is open, convert it, and wait for what others have claimed, until nothing is left. Any number
 * of hosts may do it at once, and each may end at any time.
 */
#ifndef HVGEN2_CONVERT_BATCH_RUN_H
#define HVGEN2_CONVERT_BATCH_RUN_H

#include <signal.h>

#include "convert/batch/job.h"
#include "convert/batch/state/state.h"

#define RUN_MAX_JOBS 64

/* What is going on, for whoever shows it. 'vm' is NULL where it is about all. */
struct run_view {
	const struct batch *batch;
	const struct job *jobs;
	size_t job_count;
	uint64_t done, total; /* stored bytes, of what this run found open */
	double seconds;	      /* since its start */
};

enum run_event { RUN_START, RUN_END, RUN_TICK, RUN_WAIT, RUN_STOPPING };

struct run_request {
	unsigned int jobs;   /* at most, side by side */
	bool spare_rotating; /* no two jobs on a disk that turns */
	double lease;	     /* seconds */
	bool no_wait;	     /* for what others have claimed */
	bool replace;
	enum job_verify verify;
	/* How often it was interrupted: once, nothing new is started; twice, what runs is ended. */
	const volatile sig_atomic_t *interrupts;
	void (*event)(void *opaque, enum run_event event, const struct batch_vm *vm,
		      const struct run_view *view);
	void *opaque;
};

/* *ret_claimed: others hold claims still. Errors: ERROR_FAILED of the state folder. What becomes of the VMs stands in the
 * batch. */
int run_batch(struct batch *batch, const struct run_request *request, bool *ret_claimed,
	      struct error *err);

#endif
