/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options of one conversion that exclude each other, which takes the names of its outputs to tell. */
#ifndef HVGEN2_CONVERT_CMD_EXCLUDE_H
#define HVGEN2_CONVERT_CMD_EXCLUDE_H

#include "convert/cmd/conversion.h"

/* Errors: ERROR_USAGE. */
int exclude_check(const struct convert *convert, const struct output_names *names, bool is_vm,
		  struct error *err);

#endif
