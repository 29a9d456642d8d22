/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Build all changes of a plan: see build.h. The order is that of dependence: the table names the
 * partitions, the ESP's BCD names the table's GUIDs, and the NVRAM store names the ESP.
 */
#include "convert/build.h"

#include "common/checked.h"
#include "convert/boot_sectors.h"
#include "convert/guest/windows/hives.h"
#include "convert/guest/windows/winre.h"

/* Boot files, two FATs and hives; a real server needs some 100 MiB. */
#define MAX_CHANGES (1 * GIB)

/* What was built is read back through a new mount before it may be written. */
static int check_target(const struct survey *survey, const struct plan *plan,
			const struct build *build, struct error *err)
{
	struct gpt gpt;
	int r = gpt_read(build->target, &gpt, err);

	for (size_t i = 0; r == 0 && i < plan->gpt.count; i++) {
		CLEANUP_VOLUME struct volume *volume = NULL;
		const struct volume_place place = plan_place(survey, plan, i);
		size_t source = plan->partitions[i].source;

		if (source != SURVEY_NONE && survey->partitions[source].is_readable)
			r = volume_open_at(build->target, &place, false, &volume, err);
	}
	return r < 0 ? error_prefix(err,
				    "the converted disk does not read back; nothing was written")
		     : 0;
}

int build_target(struct disk *source, const struct survey *survey, const struct plan *plan,
		 const struct build_options *options, struct build *ret, struct error *err)
{
	int r;

	*ret = (struct build){.target = NULL};
	r = changes_open(source, plan->disk_size, plan->ranges, plan->range_count, MAX_CHANGES,
			 &ret->target, err);
	if (r < 0)
		return r;
	r = gpt_write(&plan->gpt, ret->target, err);
	if (r == 0)
		r = boot_sectors_move(survey, plan, ret->target, &ret->edits, err);
	if (r == 0)
		r = esp_make(source, survey, plan, options->boot_files, &ret->esp, err);
	if (r == 0)
		r = esp_write(&ret->esp, plan, ret->target, err);
	if (r == 0)
		r = hives_convert(survey, plan, ret->target, &ret->edits, err);
	if (r == 0)
		r = guest_reagent_convert(survey, plan, ret->esp.store.winre_is_lost, ret->target,
					  &ret->edits, err);
	note_list_append(&ret->warnings, &ret->esp.store.warnings);
	note_list_append(&ret->warnings, &ret->edits.warnings);
	if (r == 0)
		r = firmware_build(plan, &options->firmware, &ret->firmware, err);
	note_list_append(&ret->warnings, &ret->firmware.warnings);
	if (r == 0)
		r = check_target(survey, plan, ret, err);
	if (r == 0)
		r = note_list_check(&ret->warnings, err);
	return r < 0 ? error_prefix(err, "'%s'", source->name) : 0;
}

void build_done(struct build *build)
{
	disk_close(build->target);
	esp_done(&build->esp);
	edits_done(&build->edits);
	note_list_done(&build->warnings);
	firmware_done(&build->firmware);
	*build = (struct build){.target = NULL};
}
