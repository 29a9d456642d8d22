/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 'batch plan' and 'batch report': all that is known of a batch, for people, and the latter as JSON. */
#ifndef HVGEN2_CONVERT_CMD_BATCH_REPORT_H
#define HVGEN2_CONVERT_CMD_BATCH_REPORT_H

#include <stdio.h>

#include "convert/batch/plan/space.h"
#include "convert/batch/state/state.h"

/* A line a VM, then the room on each file system and the time. */
void report_print_plan(const struct batch *batch, const struct space_list *spaces);

/* What a run ends with: how many, how long, and what to do next. */
void report_print_summary(const struct batch *batch, double seconds, FILE *stream);

int report_print_batch(const struct batch *batch, bool json, struct error *err);

#endif
