/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hives of the guest follow it to the new disk. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_HIVES_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_HIVES_H

#include "convert/edit.h"
#include "convert/plan.h"
#include "convert/survey.h"

/*
 * Edit the SYSTEM hive of every Windows on 'target', see registry.h. Errors: those of
 * guest_hive_read() and registry_convert().
 */
int hives_convert(const struct survey *survey, const struct plan *plan, struct disk *target,
		  struct edits *edits, struct error *err);

#endif
