/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the keys to a disk that can be served, with its store and report made. */
#ifndef HVGEN2_CONVERT_NBD_PREPARE_H
#define HVGEN2_CONVERT_NBD_PREPARE_H

#include "convert/nbd/keys.h"
#include "convert/nbd/served.h"

/*
 * Plan the conversion that the keys ask for, in a process of its own, and make its store and its
 * report, all or none, where they are asked for. *ret is to be released with served_done() in every
 * case. Handlers of signals are afterwards what they were. Errors: those of survey_disk(),
 * plan_make() and build_target(), REFUSAL_OUTPUT_EXISTS, ERROR_USAGE.
 */
int prepare(struct keys *keys, struct served *ret, struct error *err);

#endif
