/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a batch comes to. */
#ifndef HVGEN2_CONVERT_CMD_BATCH_COUNTS_H
#define HVGEN2_CONVERT_CMD_BATCH_COUNTS_H

#include <stdio.h>

#include "convert/batch/state/state.h"

/* Exit status of a run that leaves VMs to others. */
#define STATUS_CLAIMED 75

struct counts {
	size_t by_state[VM_STATE_MAX];
	size_t unplanned;	 /* of an interrupted plan, or one that goes on */
	size_t damaged;		 /* records */
	size_t missing;		 /* done, with an output that is no longer there */
	size_t open;		 /* of these, that a run would try */
	uint64_t stored, needed; /* of these */
	double rate;		 /* stored bytes a second, as measured; 0: nothing is made yet */
};

struct counts batch_counts(const struct batch *batch);

/* Exit status of 'run': 1 when something failed or was left, 75 when others hold claims, 3 when only what is refused is left, 0. */
int counts_status(const struct counts *counts, bool is_claimed);

/* {"planned": 3, "done": 2, ...}: a new reference. */
json_t *counts_json(const struct counts *counts);

/* "3 planned, 2 done", of what there is; and how many have outputs that are not there. */
void counts_print(const struct counts *counts, FILE *stream);

#endif
