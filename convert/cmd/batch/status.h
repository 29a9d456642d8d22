/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 'batch status': what became of each VM so far. */
#ifndef HVGEN2_CONVERT_CMD_BATCH_STATUS_H
#define HVGEN2_CONVERT_CMD_BATCH_STATUS_H

#include "convert/batch/state/state.h"

/* On standard output. The state has been read. */
int status_print(const struct batch *batch, bool json, struct error *err);

/* Again and again, until none is left that anybody works on, or it is interrupted. */
int status_watch(struct batch *batch, bool json, struct error *err);

#endif
