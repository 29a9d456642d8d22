/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an output is called on a stage ('--stage'), and what it is to be called in the end. */
#ifndef HVGEN2_CONVERT_CMD_ROLES_H
#define HVGEN2_CONVERT_CMD_ROLES_H

#include <jansson.h>

#include "convert/cmd/outputs.h"

/* Set outputs[role] to the path of each that has a name, in the order in which they get them; 'slots' are those of the data
 * disks of a VM, strings, or NULL. -ENOMEM. */
int cmd_roles_tell(const struct output_names *names, const json_t *slots, json_t *outputs,
		   struct error *err);

#endif
