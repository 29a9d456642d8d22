/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * No output is ever a file that the batch reads: with --force it would be replaced by a conversion of something else. Two
 * files are one when device and inode are; where one of them does not exist, when their folders, as the file system knows
 * them, and their names are, whatever the case of the letters.
 */
#ifndef HVGEN2_CONVERT_BATCH_PLAN_OVERLAP_H
#define HVGEN2_CONVERT_BATCH_PLAN_OVERLAP_H

#include "convert/batch/plan/inputs.h"
#include "convert/batch/state/state.h"

/* Every output of the batch and of the list with every file of every chain of both; what the list plans anew counts as the
 * list has it. Errors: ERROR_USAGE that names both. */
int overlap_check(const struct batch *batch, const struct input_list *list, struct error *err);

/* The same of outputs that are about to replace what stands there, against what the state folder has recorded by now, be it
 * by another host. Errors: ERROR_FAILED, also where a plan cannot be read, for then nobody knows. */
int overlap_check_replaced(const char *folder, const json_t *outputs, struct error *err);

/* Does a VM of the batch have an output of this name that an attempt has made? */
bool overlap_is_made(const struct batch *batch, const char *path);

/* Does a report beside this disk, of its own name, say that it is an output? */
bool overlap_has_report(const char *path);

/* Does the report of these outputs, which stands where it is to be, say that one of them is this file? It does when it was
 * made by a batch whose state is lost, or by 'convert'. */
bool overlap_is_reported(const json_t *outputs, const char *path);

#endif
