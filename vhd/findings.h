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

struct findings {
	struct vhd_finding *list;
	size_t count;
	size_t errors;
	size_t unlisted;
};

/*
 * Add one sentence. 'findings' may be NULL: then nothing happens. Out of memory counts as unlisted.
 */
void findings_add(struct findings *findings, enum vhd_severity severity, uint64_t offset,
		  const char *format, ...) PRINTF_LIKE(4, 5);

void findings_done(struct findings *findings);

#endif
