/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The warnings of a plan about what the survey found; nothing is decided here. */
#ifndef HVGEN2_CONVERT_PLAN_NOTES_H
#define HVGEN2_CONVERT_PLAN_NOTES_H

#include "convert/plan.h"
#include "convert/survey.h"

/* Partitions that are carried over unread, or that ask for chkdsk. */
void plan_note_unreadable(const struct survey *survey, struct plan *plan);

/* Which boot store the BIOS would use is certain only where the one active partition has it. */
void plan_note_boot_store(const struct survey *survey, struct plan *plan);

#endif
