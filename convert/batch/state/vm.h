/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One VM of a batch: what was planned for it, what was tried, and what that comes to.
 *
 * The state is never written down: it is a fold over the plan and the attempts, of which each is written by its owner
 * alone, so that no order of writing on no clock can lose what was done. Of attempts of an earlier plan (of another state
 * of the source, or with other options) only a result that still stands there counts: it is in the way.
 *
 * What is done stays done, unless somebody looked at it once more and says that it is not ("supersedes"). Which of them came
 * later says "serial": whoever claims the VM has read the attempts of all before him, and counts on.
 *
 * An attempt that was to replace outputs ("replace") and did not come to its end is not hidden by what it was to replace. While
 * its stage has a journal (replace.h) nothing that stands there is whole, whatever any attempt says.
 */
#ifndef HVGEN2_CONVERT_BATCH_STATE_VM_H
#define HVGEN2_CONVERT_BATCH_STATE_VM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "convert/batch/state/record.h"

/* The last one that holds is the state. */
enum vm_state {
	VM_PLANNED,
	VM_INTERRUPTED, /* an attempt ended without a word */
	VM_FAILED,
	VM_RUNNING,
	VM_REFUSED,
	VM_DONE,
	VM_VERIFIED,
	VM_STATE_MAX,
};

/* "planned", "interrupted", ... */
const char *vm_state_text(enum vm_state state);
/* VM_STATE_MAX for another text. */
enum vm_state vm_state_parse(const char *text);

/* What a claim says (claim.h); token "" when there is none. */
struct claim_view {
	char token[TOKEN_SIZE];
	char *host;
	int64_t mtime_ns;
	double lease; /* seconds; 0 when it does not say */
	bool is_dead; /* its process was one of this host, and is gone */
};

void claim_view_done(struct claim_view *view);

struct batch_vm {
	char *name;
	char *path;	  /* of the source, absolute */
	json_t *record;	  /* vm/NAME.json */
	json_t *attempts; /* by token: attempt/NAME.TOKEN.json */
	struct claim_view claim;

	/* What batch_vm_fold() makes of these. */
	enum vm_state state;
	size_t failures;       /* attempts of this plan that failed */
	const json_t *refusal; /* borrowed; NULL unless refused for what the source is */
	bool is_in_the_way; /* the result of an earlier plan is there; refused, or what came of replacing it */
	const json_t *last; /* the attempt that the state comes from; NULL when it is the plan's */
	const json_t *
		torn; /* one that was ended while it replaced files, which are to be put back first */
	uint64_t progress; /* bytes that a running attempt has written so far */

	/* For a run: see run.c. */
	size_t failures_before, tries;
	bool is_known;	    /* to be done, when the run began */
	bool is_again;	    /* done, and to be looked at or made once more */
	bool is_claim_over; /* its lease was, at the last look */
	char watched_token[TOKEN_SIZE];
	int64_t watched_mtime_ns;
	double watched_quiet, watched_last; /* seconds */
};

void batch_vm_done(struct batch_vm *vm);

/* Work out the state. Is the disk of an earlier plan still there is asked of the file system. */
void batch_vm_fold(struct batch_vm *vm);

/* Is it to be tried without being told: nothing is done, refused, or certain to fail again? */
bool batch_vm_is_open(const struct batch_vm *vm);

/* Of what is done: is an output no longer there, or the disk? These ask the file system. */
bool batch_vm_is_missing(const struct batch_vm *vm);
bool batch_vm_is_disk_missing(const struct batch_vm *vm);

/* Are all files there that it is made of? */
bool batch_vm_has_source(const struct batch_vm *vm);

/* The serial number of an attempt that begins now. */
uint64_t batch_vm_next_serial(const struct batch_vm *vm);

/* What of the outputs is where: "disk", "store", "report", of a VM more; a new string, to be freed, or NULL for what is not made. */
char *batch_vm_output(const struct batch_vm *vm, const char *role);

/* The name of the Windows or Linux that is installed, or "". */
const char *batch_vm_system(const struct batch_vm *vm);

/* Why it is not done, as {id, message, advice} or {exit_status, message, advice}: a new reference, or NULL. */
json_t *batch_vm_problem(const struct batch_vm *vm);

#endif
