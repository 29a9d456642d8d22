/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every report in JSON begins with. */
#ifndef HVGEN2_CONVERT_REPORT_HEAD_H
#define HVGEN2_CONVERT_REPORT_HEAD_H

#include <jansson.h>

#include "common/error.h"
#include "convert/sandbox.h"

/* Of schema/report.schema.json. 2 came with the whole VM. */
#define REPORT_SCHEMA 2

/* The program, how it ran, and how it ended: 'failure' is NULL when all went well. */
void report_head_json(json_t *root, bool is_dry_run, enum sandbox_state sandbox,
		      const struct error *failure);

#endif
