/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every report in JSON begins with. */
#ifndef HVGEN2_CONVERT_REPORT_HEAD_H
#define HVGEN2_CONVERT_REPORT_HEAD_H

#include <jansson.h>

#include "common/error.h"
#include "convert/sandbox.h"

/* Of schema/report.schema.json. 2 came with the whole VM; since 3 'convertible' is about the source alone; since 4 'outputs' are there,
 * and what would be made is 'planned_outputs'. */
#define REPORT_SCHEMA 4

struct report_head {
	bool is_dry_run;
	enum sandbox_state sandbox;
	const struct error *failure; /* NULL when all went well */
	const struct error *doubt;   /* why the source would be refused, without a failure yet */
	bool is_elsewhere;	     /* whatever it is: in a file that is given beside the source */
	bool is_convertible;	     /* the source, as far as it was looked at before a failure */
	double seconds;		     /* that it took; 0: it is not said */
};

/* The program, how it ran, and how it ended: planned, done, refused or failed. */
void report_head_json(json_t *root, const struct report_head *head);

#endif
