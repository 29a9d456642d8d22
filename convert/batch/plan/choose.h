/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of the inputs are VMs to be planned, and what they and their outputs are called. */
#ifndef HVGEN2_CONVERT_BATCH_PLAN_CHOOSE_H
#define HVGEN2_CONVERT_BATCH_PLAN_CHOOSE_H

#include "convert/batch/plan/inputs.h"
#include "convert/batch/state/state.h"

struct choice {
	const struct conversion_options *known;
	const char *folder; /* of the outputs, absolute */
	/* A sentence for the user. */
	void (*note)(void *opaque, const char *text);
	void *opaque;
};

/* Set the name of an input, unless it has one, and those of its outputs. Errors: ERROR_USAGE when it cannot be one. */
int input_name(struct input *input, const struct choice *choice, struct error *err);

/*
 * Leave in the list what is to be planned: not what the batch has already, unless a list gives options for it, nor what is
 * there twice, a parent of another one, a disk of a VM, or an output that an attempt has made or, in a folder, whose report says
 * so. All of them then have sources, a name and outputs. The attempts of the batch have been read. Errors: ERROR_USAGE where two would have one
 * name or one output, or an output would be what is read.
 */
int inputs_choose(const struct batch *batch, const struct choice *choice, struct input_list *list,
		  struct error *err);

#endif
