/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The survey of a VM, in a process of its own: a dry run of its conversion, which plans all and builds all in memory. Its
 * report becomes the plan; a disk that ends the process ends nothing else.
 */
#ifndef HVGEN2_CONVERT_BATCH_PLAN_SURVEY_H
#define HVGEN2_CONVERT_BATCH_PLAN_SURVEY_H

#include <jansson.h>

#include "convert/batch/plan/child.h"
#include "convert/batch/plan/inputs.h"

/* A plan that says nothing yet: who, from where, to where, of what state of the source: of these the input has
 * those that it knows. A new reference, or NULL when out of memory. */
json_t *survey_draft(const struct input *input);

/* Start the survey. */
int survey_start(const json_t *draft, struct child *child, struct error *err);

/* Its process has ended: put into the draft what it found. */
int survey_finish(json_t *draft, struct child *child, struct error *err);

/* What cannot even be looked at. */
void survey_fail(json_t *draft, const struct error *problem);

/* Must it be surveyed again although nothing has changed: because this host failed, or because of what no source shows? */
bool survey_is_stale(const json_t *record);

/* The error that a program of ours left: its report's, or the last line that it wrote. A new reference:
 * {"exit_status", "message", "advice"}; of a refusal, object["refusal"] = {"id", "message", "advice"}. */
json_t *survey_problem(const json_t *report, struct child *child, int status);

#endif
