/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All checks, in their order. */
#ifndef HVGEN2_CONVERT_VERIFY_RUN_H
#define HVGEN2_CONVERT_VERIFY_RUN_H

#include "convert/verify/verify.h"

/* Run all checks. Never fails: what cannot be read is a result. */
void verify_run(struct verify *verify);

#endif
