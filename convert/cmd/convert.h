/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What other verbs may know of the options of 'convert'. */
#ifndef HVGEN2_CONVERT_CMD_CONVERT_H
#define HVGEN2_CONVERT_CMD_CONVERT_H

#include "convert/cmd/cmd.h"
#include "convert/cmd/outputs.h"
#include "convert/cmd/vm.h"

/* The row of a long option ("layout"); NULL when there is none. */
const struct cmd_option *cmd_convert_option(const char *name);

struct convert;

/* Take it, in 'convert' (conversion.h); 'argument' is NULL of one without, and borrowed. 'name' is a
 * long option. Errors: ERROR_USAGE. */
int cmd_convert_set(struct convert *convert, const char *name, const char *argument,
		    struct error *err);

/* Would it take this argument (NULL of one without)? 'name' is a long option. Errors: ERROR_USAGE. */
int cmd_convert_check(const char *name, const char *argument, struct error *err);

/* Is a report of this name a page for a browser? */
bool cmd_convert_makes_page(const char *report);

/* When all options are set: what follows of them for a VM, or a disk. */
void cmd_convert_settle(struct convert *convert, bool is_vm);

/* --format, as the names of outputs depend on it. */
int cmd_convert_set_format(struct output_options *options, const char *format, struct error *err);

#endif
