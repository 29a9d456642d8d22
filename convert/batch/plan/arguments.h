/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line of a process of ours. */
#ifndef HVGEN2_CONVERT_BATCH_PLAN_ARGUMENTS_H
#define HVGEN2_CONVERT_BATCH_PLAN_ARGUMENTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"

#define MAX_ARGUMENTS 250

/* Embedded; all zero is empty. What did not fit, or found no memory, is remembered. */
struct arguments {
	char *list[MAX_ARGUMENTS + 1]; /* NULL-terminated */
	size_t count;
	bool failed;
};

void arguments_done(struct arguments *arguments);
#define CLEANUP_ARGUMENTS CLEANUP(arguments_done)

void arguments_add(struct arguments *arguments, const char *text);

/* "convert" and what all conversions of this VM have: its options, and the names of its outputs. */
void arguments_convert(struct arguments *arguments, const json_t *record);

/* "--" and the source. */
void arguments_source(struct arguments *arguments, const json_t *record);

#endif
