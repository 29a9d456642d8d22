/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What one sees of a plan and a run while they go on: on a terminal a table that is redrawn, elsewhere a line a change, both on
 * standard error; or lines of JSON on standard output.
 */
#ifndef HVGEN2_CONVERT_CMD_BATCH_LIVE_H
#define HVGEN2_CONVERT_CMD_BATCH_LIVE_H

#include "common/rate.h"
#include "convert/batch/run.h"
#include "convert/cmd/progress.h"

struct live_rate {
	struct rate rate;
	double start; /* of the VM that it is of */
};

/* What programs were told of a VM that runs. */
struct live_told {
	const struct batch_vm *vm; /* NULL: nothing */
	double seconds;
};

struct live {
	bool json, on_terminal, is_silent, is_waiting;
	struct progress_view *progress; /* lines of JSON for --progress; borrowed */
	unsigned int rows;		/* of the table, that are on the terminal */
	double last;			/* when it was drawn, or progress was told */
	size_t planned, to_plan, stops;
	struct live_rate rates[RUN_MAX_JOBS];
	struct live_told told[RUN_MAX_JOBS];
	struct rate all;
};

/* 'wish' is what the options say, of which 'progress' was started. */
struct live live_new(bool json, const struct progress_wish *wish, struct progress_view *progress);

/* For struct plan_request and run_request; 'opaque' is a struct live. */
void live_begin(void *opaque, size_t count);
void live_planned(void *opaque, const json_t *record);
void live_note(void *opaque, const char *text);
void live_event(void *opaque, enum run_event event, const struct batch_vm *vm,
		const struct run_view *view);

/* Planning is over: all VMs, before the first is started. */
void live_plan(struct live *live, const struct batch *batch);

/* Take the table away. */
void live_clear(struct live *live);

/* The last line of JSON. */
void live_failure(const struct batch *batch, const struct error *err);
void live_summary(const struct live *live, const struct batch *batch, double seconds, int status);

#endif
