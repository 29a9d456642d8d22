/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of a checker: see findings.h. */
#include "vhd/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static struct vhd_finding *next_slot(struct findings *findings)
{
	if (findings->count == FINDINGS_MAX)
		return NULL;
	if (!findings->list)
		findings->list = calloc(FINDINGS_MAX, sizeof(*findings->list));
	return findings->list ? &findings->list[findings->count] : NULL;
}

bool findings_have_room(const struct findings *findings)
{
	return findings->count < FINDINGS_MAX;
}

void findings_count(struct findings *findings, enum vhd_severity severity)
{
	findings->errors += severity == VHD_ERROR;
	findings->unlisted++;
}

void findings_add(struct findings *findings, enum vhd_severity severity, uint64_t offset,
		  const char *format, ...)
{
	struct vhd_finding *slot;
	va_list args;
	int n;

	findings->errors += severity == VHD_ERROR;
	slot = next_slot(findings);
	if (!slot) {
		findings->unlisted++;
		return;
	}
	va_start(args, format);
	n = vasprintf(&slot->text, format, args);
	va_end(args);
	if (n < 0) {
		findings->unlisted++;
		return;
	}
	slot->severity = severity;
	slot->offset = offset;
	findings->count++;
}

void findings_done(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		free(findings->list[i].text);
	free(findings->list);
	*findings = (struct findings){.list = NULL};
}
