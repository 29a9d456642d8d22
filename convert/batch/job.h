/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The conversion of one VM: a keeper, which is a process of ours, converts in another one, looks at the source again, gives
 * the results their names and has them verified. So whoever runs the batch is free to say that it lives, and a disk that
 * makes a program crash, or a comparison of hours, is a matter of this VM alone. All of them end with the batch.
 */
#ifndef HVGEN2_CONVERT_BATCH_JOB_H
#define HVGEN2_CONVERT_BATCH_JOB_H

#include "convert/batch/plan/child.h"
#include "convert/batch/state/claim.h"
#include "convert/batch/state/state.h"

enum job_verify { JOB_VERIFY_NONE, JOB_VERIFY_QUICK, JOB_VERIFY_GUESTFS };

struct job {
	struct batch_vm *vm; /* NULL: free */
	struct claim claim;
	struct child child;
	int states; /* a file in memory into which the conversion writes how far it is; -1: none */
	char *stage;
	char *torn; /* the stage of one who was ended while he replaced files: put them back, and nothing else */
	const char *folder; /* of the state; the batch's */
	int claim_fd;	    /* the folder of the claims; the batch's */
	json_t *attempt;    /* as it was written last */
	double start;	    /* monotonic seconds */
	size_t lines;	    /* of the keeper, that were read */
	bool replace;
	bool is_again;	  /* it is done: what fails now supersedes that */
	bool verify_only; /* nothing is made */
	enum job_verify verify;
};

#define JOB_INIT                                                                                   \
	{                                                                                          \
		.claim = CLAIM_INIT, .child = CHILD_INIT, .states = -1                             \
	}

/* Monotonic seconds. */
double job_clock(void);

/* Write that it runs, and start the keeper. 'job' has vm, claim, replace, verify and, as its own, torn. When it fails the job is over. */
int job_start(struct batch *batch, struct job *job, struct error *err);

/* Take up what the keeper has said since: true when the state of the VM has changed. */
bool job_look(struct batch *batch, struct job *job, struct error *err);

/* The keeper is gone: write its last word, or that there was none, remove the stage and give the claim back. */
int job_finish(struct batch *batch, struct job *job, struct error *err);

/* How much of 'stored' bytes it has copied, by what it says itself. */
uint64_t job_progress(const struct job *job, uint64_t stored);

/* End it cleanly. */
void job_stop(const struct job *job);

#endif
