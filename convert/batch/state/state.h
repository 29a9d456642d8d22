/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The state folder of a batch. People can read it, several hosts write it, and any of them may be killed at any time:
 *
 *   batch.json               what holds for all: the folder of the outputs; written once
 *   planning.json            what is being planned; gone when it is
 *   vm/NAME.json             the plan of a VM
 *   claim/NAME               who works on it (claim.h)
 *   attempt/NAME.TOKEN.json  what became of it, one for each time that somebody did; by him alone
 *   events.jsonl             what happened, for people: nothing is read from it
 *
 * And beside the outputs work/TOKEN/, in which they are made, and in which old ones are kept while they are replaced. What begins with a dot is on its way to its name.
 */
#ifndef HVGEN2_CONVERT_BATCH_STATE_STATE_H
#define HVGEN2_CONVERT_BATCH_STATE_STATE_H

#include "convert/batch/state/vm.h"

#define BATCH_SCHEMA 1

#define BATCH_PLANNING "planning.json"

struct batch {
	char *folder;	  /* absolute */
	char *output_dir; /* absolute; NULL while there is none */
	int vm_fd, claim_fd, attempt_fd, fd;
	struct batch_vm *vms; /* by name */
	size_t count;
	json_t *planning; /* "drafts" of planning.json: of VMs that are to be planned; NULL when there are none */
	json_t *damaged; /* name of the file (full path) -> what is wrong with it and what to do */
};

#define BATCH_INIT                                                                                 \
	{                                                                                          \
		.vm_fd = -1, .claim_fd = -1, .attempt_fd = -1, .fd = -1                            \
	}

void batch_done(struct batch *batch);
#define CLEANUP_BATCH CLEANUP(batch_done)

/* An absolute path: that of its folder without symbolic links, and the name as it is. A new string, to be freed; NULL with *err
 * filled. What does not exist is taken from the working directory. */
char *batch_absolute(const char *path, struct error *err);

/* Open it and read all plans. One that does not exist is empty (fd is -1). A record that is torn, or of another version, is
 * noted as damaged, and all others hold. Errors: ERROR_FAILED; ERROR_USAGE for a folder that holds something else. */
int batch_open(struct batch *batch, const char *folder, struct error *err);

/* Create it, or what is missing of it. 'output_dir' is absolute. */
int batch_create(struct batch *batch, const char *output_dir, struct error *err);

/* Is there a plan of this name that cannot be read? */
bool batch_is_damaged(const struct batch *batch, const char *name);

/* The draft of the VM number 'index' of those that are to be planned and are not yet; NULL behind the last. Borrowed. */
const json_t *batch_unplanned(const struct batch *batch, size_t index);

/* NULL when there is none. */
struct batch_vm *batch_find(const struct batch *batch, const char *name);

/* Write the plan of a VM, and take it up: it is 'record', which becomes the batch's. A plan that is new, and that another
 * host has written meanwhile, is the other's. */
int batch_put_plan(struct batch *batch, json_t *record, struct error *err);

/* Read attempts and claims again, and fold. Attempts that have ended are read once. */
int batch_refresh(struct batch *batch, struct error *err);

/* The same of one VM. */
int batch_refresh_vm(struct batch *batch, struct batch_vm *vm, struct error *err);

/* Write an attempt: object with name, token and state. */
int batch_put_attempt(struct batch *batch, struct batch_vm *vm, json_t *attempt, struct error *err);

/* A line in events.jsonl. What fails is not told: it is information only. */
void batch_log(const struct batch *batch, const char *event, const char *name, const char *text);

/* Is 'name' a file name from which all others can be made? */
bool batch_is_name(const char *name);

#endif
