/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ended hosts have left behind, and what is being made. */
#ifndef HVGEN2_CONVERT_BATCH_SWEEP_H
#define HVGEN2_CONVERT_BATCH_SWEEP_H

#include "convert/batch/state/state.h"

/* Remove the stages, beside all outputs, whose tokens hold no claim. A stage is made after the claim. */
void sweep_stages(const struct batch *batch);

/* Remove what is on its way to a name in the state folder, when nobody holds a claim. */
void sweep_state(const struct batch *batch);

/* Bytes that the owner of its claim has written so far, on whichever host. */
uint64_t sweep_progress(const struct batch_vm *vm);

#endif
