/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The results of a conversion get their names, the disk last, by link(), which replaces nothing and which only one can do. The
 * disk says that all is there. A name that exists already and has the same bytes is as good as ours, for conversions are
 * reproducible: so two hosts that do the same, or one that was killed between two names, do no harm. Of the report, in which
 * sandbox it was made does not count.
 */
#ifndef HVGEN2_CONVERT_BATCH_PUBLISH_H
#define HVGEN2_CONVERT_BATCH_PUBLISH_H

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>

#include "common/error.h"

/* 'stage' is the folder in which each has its role for a name, and 'outputs' says what they are to be called (record_role()).
 * 'replace': whatever stands there goes, the old report first. *stop becomes true when it is to give up (-EINTR). Errors:
 * ERROR_FAILED, also for a name that something else has. */
int publish_outputs(const char *stage, const json_t *outputs, bool replace,
		    const volatile sig_atomic_t *stop, struct error *err);

/* Remove a stage with all that is in it, and the folder that it is in when that is empty then. */
void publish_remove_stage(const char *stage);

/* Bytes that stand in a stage so far; 0 when there is none. */
uint64_t publish_progress(const char *stage);

/* FOLDER-OF-DISK/work/TOKEN: a new string, or NULL. */
char *publish_stage(const char *disk, const char *token);

/* Make it, with the folders that lead to it. */
int publish_make_stage(const char *stage, struct error *err);

#endif
