/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recovery environment of the guest finds itself on the new disk: its ReAgent.xml files are
 * edited in place. */
#ifndef HVGEN2_CONVERT_GUEST_REAGENT_H
#define HVGEN2_CONVERT_GUEST_REAGENT_H

#include "convert/build.h"

/*
 * Edit '\Windows\System32\Recovery\ReAgent.xml' of every Windows and
 * '\Recovery\WindowsRE\ReAgent.xml' of every NTFS partition on build->target. Files that are
 * missing are not an error; one that cannot be understood is a warning.
 */
int guest_reagent_convert(const struct survey *survey, const struct plan *plan, struct build *build,
			  struct error *err);

#endif
