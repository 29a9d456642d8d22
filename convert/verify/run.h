/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All checks, in two processes: the reader, which is locked in and reads what a guest wrote, and
 * this one, which starts other people's programs for it and libguestfs, and takes the results.
 */
#ifndef HVGEN2_CONVERT_VERIFY_RUN_H
#define HVGEN2_CONVERT_VERIFY_RUN_H

#include "convert/verify/verify.h"

/*
 * Run all checks; fills files, sandbox.state and the results. What is wrong with the disk is a
 * result; errors are those of vhd_open() and sandbox_enter(), of a source that changed or could not
 * be read meanwhile, and ERROR_FAILED when the reader was ended by a signal.
 */
int verify_run(struct verify *verify, struct error *err);

#endif
