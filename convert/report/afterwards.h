/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to be known and done once a Linux guest has become one of generation 2. */
#ifndef HVGEN2_CONVERT_REPORT_AFTERWARDS_H
#define HVGEN2_CONVERT_REPORT_AFTERWARDS_H

#include "common/cleanup.h"
#include "common/notes.h"
#include "convert/plan.h"
#include "convert/survey.h"

/* Embedded; all zero is nothing. */
struct afterwards {
	struct note_list notes;
	char fstab[64]; /* the line for the new ESP; "" when the guest needs none */
	struct note_list
		commands; /* for a shell of the guest, as root, in this order; none without 'fstab' */
};

/* For a guest that is a Linux. *ret is to be released with afterwards_done(). */
void afterwards_of_linux(const struct survey *survey, const struct plan *plan,
			 const struct linux_boot *boot, struct afterwards *ret);

void afterwards_done(struct afterwards *afterwards);
#define CLEANUP_AFTERWARDS CLEANUP(afterwards_done)

#endif
