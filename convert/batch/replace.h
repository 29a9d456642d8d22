/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The results of a conversion take the names of older ones: all of them, or none. Before the first name changes, a journal on
 * the stage says which names it is about; every old file gets a second name there, ROLE.old, and keeps it until the last new
 * one stands. Whoever is ended in between leaves the journal, by which a later run puts the old files back. A stage with a
 * journal is never swept.
 *
 *   STAGE_JOURNAL: schema, outputs (as in the plan), old (the roles whose names were taken)
 */
#ifndef HVGEN2_CONVERT_BATCH_REPLACE_H
#define HVGEN2_CONVERT_BATCH_REPLACE_H

#include <jansson.h>
#include <signal.h>

#include "common/error.h"

/* As publish_outputs(), in the place of whatever stands there but folders. Errors: ERROR_FAILED, and then everything is as it
 * was, or the message says what is not, and the journal stays. */
int replace_outputs(const char *stage, const json_t *outputs, const volatile sig_atomic_t *stop,
		    struct error *err);

/* Take the stage of one who was ended in the middle to a name of our own in the same folder, from where he can do no more should
 * he live after all, and put back what he has replaced. Errors: ERROR_FAILED; then the journal stays, under our name. */
int replace_put_back(const char *torn, const char *stage, struct error *err);

#endif
