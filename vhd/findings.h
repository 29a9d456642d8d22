/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list a checker writes its findings to. Internal to vhd/. */
#ifndef HVGEN2_VHD_FINDINGS_H
#define HVGEN2_VHD_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "vhd/vhd.h"

/* A damaged file can have millions of wrong entries; this many are kept as text, the others
 * counted. */
#define FINDINGS_MAX 1000

/*
 * The checker wants to know all that is wrong. When an image is opened, what makes reading fail is
 * an error, and only what is tolerated is a finding.
 */
struct findings {
	bool is_check; /* of the checker */
	struct vhd_finding *list;
	size_t count;
	size_t errors;
	size_t unlisted;
};

/* Count a finding that is not to be listed. */
void findings_count(struct findings *findings, enum vhd_severity severity);

/* Would findings_add() still list one? What is dear to put into words asks first. */
bool findings_have_room(const struct findings *findings);

/* Add one sentence. Out of memory counts as unlisted. */
void findings_add(struct findings *findings, enum vhd_severity severity, uint64_t offset,
		  const char *format, ...) PRINTF_LIKE(4, 5);

void findings_done(struct findings *findings);

#endif
