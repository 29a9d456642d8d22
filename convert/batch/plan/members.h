/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a VM consists of. */
#ifndef HVGEN2_CONVERT_BATCH_PLAN_MEMBERS_H
#define HVGEN2_CONVERT_BATCH_PLAN_MEMBERS_H

#include "convert/batch/plan/inputs.h"

/*
 * What read_vm() says of the source 'path', in a process of its own; of a VM that it cannot read, which the survey will tell,
 * the path alone as its files. A new reference; NULL for a disk, or when out of memory.
 */
json_t *members_read(const struct conversion_options *known, const char *path, json_t *options);

#endif
