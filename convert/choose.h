/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of what a survey found, the system that starts, and what the BIOS starts it from. */
#ifndef HVGEN2_CONVERT_CHOOSE_H
#define HVGEN2_CONVERT_CHOOSE_H

#include "convert/survey.h"

/*
 * Fill survey->start. 'why_none' says, where its kind is not ERROR_NONE, why a system that there
 * may be was not found. Errors: refusals (no system, several of them, none that was asked for), and
 * what was wrong with a partition where nothing was found.
 */
int choose_start(const struct disk *disk, const struct survey_options *options,
		 const struct error *why_none, struct survey *survey, struct error *err);

/*
 * Fill survey->system, of a Windows: the partition that the BIOS starts: the active one with a boot store. Where that has none, or
 * cannot be read, another partition's store is at best a guess: one that does not start the chosen
 * Windows is not taken in place of one that cannot be read. The plan warns of a guess.
 */
int choose_system(const struct disk *disk, struct survey *survey, struct error *err);

/* The refusal or damage noted for a partition becomes that of the disk. */
int choose_refuse_partition(const struct disk *disk, const struct survey_partition *partition,
			    struct error *err);

#endif
