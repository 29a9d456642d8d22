/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Planning a batch: all that can be known before the first byte is written. */
#ifndef HVGEN2_CONVERT_BATCH_PLAN_PLAN_H
#define HVGEN2_CONVERT_BATCH_PLAN_PLAN_H

#include "convert/batch/plan/inputs.h"
#include "convert/batch/state/state.h"

struct plan_request {
	const struct conversion_options *known;
	const char *const *inputs, *const *lists; /* NULL-terminated */
	const char *output_dir; /* NULL: that of the batch, or else the working directory */
	unsigned int jobs;	/* surveys side by side */
	/* Called for each VM that was surveyed; may be NULL. */
	void (*begin)(void *opaque, size_t count); /* so many are to be planned; may be NULL */
	void (*planned)(void *opaque, const json_t *record);
	/* A sentence for the user. */
	void (*note)(void *opaque, const char *text);
	void *opaque;
};

/*
 * Add the inputs, look again at the sources of all, and survey what is new or has changed. Creates the state folder, and
 * in it no plan at all when the command line or a list is wrong. Errors: ERROR_USAGE; ERROR_FAILED of the state folder. What is
 * wrong with a VM is its verdict.
 */
int plan_batch(struct batch *batch, const struct plan_request *request, struct error *err);

#endif
