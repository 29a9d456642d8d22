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
#include <stdint.h>

#include "common/error.h"

/* 'stage' is the folder in which each has its role for a name, and 'outputs' says what they are to be called (record_role()).
 * All names are looked at before the first is given. *stop becomes true when it is to give up (-EINTR). Errors: ERROR_FAILED,
 * also, with -EEXIST, for a name that something else has. */
int publish_outputs(const char *stage, const json_t *outputs, const volatile sig_atomic_t *stop,
		    struct error *err);

/* Give one of them its name; -EEXIST when another file has it. */
int publish_name(const char *staged, const char *path, const char *role,
		 const volatile sig_atomic_t *stop, struct error *err);

/* Sync the folder in which a name stands. */
int publish_sync(const char *path, struct error *err);

/* Behind the path of a stage while it is removed. */
#define STAGE_GONE ".gone"

/* Remove a stage with all that is in it, and the folder that it is in when that is empty then; or what an earlier call has left of
 * it. Not one whose owner was ended in the middle of replacing files (replace.h): it may hold the only copies of them. */
void publish_remove_stage(const char *stage);

/* Bytes that stand in a stage so far; 0 when there is none. */
uint64_t publish_progress(const char *stage);

/* FOLDER-OF-DISK/work/TOKEN: a new string, or NULL. */
char *publish_stage(const char *disk, const char *token);

/* Make it, with the folders that lead to it. */
int publish_make_stage(const char *stage, struct error *err);

#endif
