/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was found on the source and is to be known of the result: see plan_notes.h. */
#include "convert/plan_notes.h"

#include <inttypes.h>

#include "common/size.h"
#include "convert/files/files.h"
#include "convert/types.h"

void plan_note_unreadable(const struct survey *survey, struct plan *plan)
{
	for (size_t i = 0; i < survey->count; i++) {
		const struct survey_partition *partition = &survey->partitions[i];

		if (partition->filesystem == FILESYSTEM_UNKNOWN &&
		    !(survey_is_linux(survey) && partition->contents.contents != LINUX_NOTHING) &&
		    types_is_plain(partition->mbr.type))
			note_add(&plan->warnings,
				 "partition %u could not be read and is carried over as it is: it "
				 "holds no file system that is known",
				 partition->mbr.number);
		if (partition->problem.refusal == REFUSAL_NTFS_DIRTY)
			note_add(&plan->warnings,
				 "partition %u could not be read and is carried over as it is: %s; "
				 "to have it in order, %s",
				 partition->mbr.number, partition->problem.message,
				 partition->problem.advice);
		else if (partition->problem.kind != ERROR_NONE)
			note_add(&plan->warnings,
				 "partition %u could not be read and is carried over as it is: %s",
				 partition->mbr.number, partition->problem.message);
		else if (partition->is_dirty)
			note_add(&plan->warnings, "partition %u asks for chkdsk",
				 partition->mbr.number);
	}
}

static const char *why_not_active(const struct survey_partition *active)
{
	if (active->problem.kind != ERROR_NONE || !files_can_open(active->filesystem))
		return "cannot be read";
	return "holds no \\Boot\\BCD";
}

/* Windows' boot code starts no disk with two active partitions: which one counts is not known. */
static void note_several_active(const struct survey *survey, unsigned int chosen, struct plan *plan)
{
	char numbers[128] = "";
	size_t count = 0;

	for (size_t i = 0; i < survey->count; i++)
		if (survey->partitions[i].mbr.active && !survey->partitions[i].mbr.logical) {
			list_number(numbers, sizeof(numbers), survey->partitions[i].mbr.number);
			count++;
		}
	if (count > 1)
		note_add(&plan->warnings,
			 "the partitions %s are active, where one should be; the boot store of "
			 "partition %u is converted",
			 numbers, chosen);
}

void plan_note_boot_store(const struct survey *survey, struct plan *plan)
{
	char numbers[128] = "";
	unsigned int chosen;
	size_t count = 0;

	if (survey->system == SURVEY_NONE)
		return;
	chosen = survey->partitions[survey->system].mbr.number;
	note_several_active(survey, chosen, plan);
	if (survey->partitions[survey->system].mbr.active)
		return;
	for (size_t i = 0; i < survey->count; i++) {
		const struct survey_partition *partition = &survey->partitions[i];

		if (partition->mbr.active)
			note_add(&plan->warnings,
				 "partition %u is active but %s; the boot store of partition %u is "
				 "converted",
				 partition->mbr.number, why_not_active(partition), chosen);
		if (!partition->guest.has_boot_store)
			continue;
		list_number(numbers, sizeof(numbers), partition->mbr.number);
		count++;
	}
	if (count > 1)
		note_add(&plan->warnings,
			 "\\Boot\\BCD is on the partitions %s, of which none is active; that of "
			 "partition %u is converted, because it starts this Windows by default",
			 numbers, chosen);
}
