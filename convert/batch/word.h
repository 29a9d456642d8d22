/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a keeper says to the batch (job.h): a line of JSON on standard output, which becomes a part of its attempt. */
#ifndef HVGEN2_CONVERT_BATCH_WORD_H
#define HVGEN2_CONVERT_BATCH_WORD_H

#include "convert/batch/state/vm.h"

/* {state}: a new reference. */
json_t *word_of(enum vm_state state);

/* {state, error: {exit_status, message}}: a new reference. */
json_t *word_of_error(enum vm_state state, const struct error *err);

/* One line. Takes 'word' over. */
void word_say(json_t *word);

#endif
