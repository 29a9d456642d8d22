/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is decided of a disk that has a GPT already, which is of a Linux, and has an ESP perhaps. */
#ifndef HVGEN2_CONVERT_PLAN_GPT_H
#define HVGEN2_CONVERT_PLAN_GPT_H

#include "convert/plan.h"

/* The number of an ESP that starts the guest already; 0 for none, and for a disk with an MBR. */
unsigned int plan_own_esp(const struct survey *survey);

/* The number of a new ESP, where it is free: as in the images of Debian and Ubuntu for clouds. */
#define PLAN_ESP_NUMBER 15

/* Has a partition of the old table this number? */
bool plan_has_number(const struct survey *survey, uint32_t number);

/* The number of a new ESP beside a GPT's own entries, which leave room (old_table.h): 15, or the next that is free, or any. */
uint32_t plan_esp_number(const struct survey *survey);

/* Name a new ESP as no partition of the old table is: the guest may know that by its name
 * (PARTLABEL=). */
void plan_name_esp(const struct survey *survey, struct gpt_partition *esp);

/*
 * Choose plan->layout: nothing moves; an ESP that starts the guest is kept for it, or left alone, for
 * what is on it is the guest's. Errors: REFUSAL_LAYOUT_IMPOSSIBLE.
 */
int plan_layout_of_gpt(const struct survey *survey, const struct plan_options *options,
		       struct plan *plan, struct error *err);

#endif
