/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ReAgent.xml on the volumes of the target: see guest_reagent.h. */
#include "convert/guest_reagent.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/checked.h"
#include "convert/reagent.h"

/* Real files have about one KiB. */
#define MAX_REAGENT ((size_t)1 << 20)

/* The places get their new numbers; a recovery environment that nothing can start any more is noted
 * as off. */
static int edit(const uint8_t *old, size_t old_size, const char *path,
		const struct moved_disk *moved, struct build *build, uint8_t **ret,
		size_t *ret_size, struct note_list *changed, struct error *err)
{
	int r;

	if (!build->winre_is_lost)
		return reagent_convert(old, old_size, path, moved, ret, ret_size, changed,
				       &build->warnings, err);
	r = reagent_disable(old, old_size, path, ret, ret_size, err);
	if (r == 0 && *ret)
		note_add(changed,
			 "the recovery environment is off: 'reagentc /enable' turns it on again");
	return r;
}

static int convert_file(struct volume *volume, const char *path, unsigned int partition,
			const struct moved_disk *moved, struct build *build, struct error *err)
{
	CLEANUP_FREE uint8_t *old = NULL;
	CLEANUP_FREE uint8_t *new = NULL;
	CLEANUP_NOTES struct note_list changed = {.texts = NULL};
	struct error problem = ERROR_INIT;
	size_t old_size, new_size;
	int r;

	if (!volume_exists(volume, path))
		return 0;
	r = volume_read_file(volume, path, MAX_REAGENT, &old, &old_size, &problem);
	if (r == 0)
		r = edit(old, old_size, path, moved, build, &new, &new_size, &changed, &problem);
	if (r < 0) {
		note_add(
			&build->warnings,
			"partition %u: %s; the recovery environment may have to be turned on again in the "
			"guest with 'reagentc /enable'",
			partition, problem.message);
		return 0;
	}
	if (!new)
		return 0;
	r = volume_replace_file(volume, path, new, new_size, err);
	return r < 0 ? r : build_add_change(build, partition, path, &changed, err);
}

static int convert_volume(struct volume *volume, const struct survey_partition *old,
			  const void *moved, struct build *build, struct error *err)
{
	char path[128];
	int r = convert_file(volume, "\\Recovery\\WindowsRE\\ReAgent.xml", old->mbr.number, moved,
			     build, err);

	snprintf(path, sizeof(path), "%s\\System32\\Recovery\\ReAgent.xml", old->windows.root);
	if (r == 0 && old->has_windows)
		r = convert_file(volume, path, old->mbr.number, moved, build, err);
	return r;
}

int guest_reagent_convert(const struct survey *survey, const struct plan *plan, struct build *build,
			  struct error *err)
{
	const struct moved_disk moved = plan_moved_disk(survey, plan);
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->gpt.count; i++) {
		size_t source = plan->partitions[i].source;

		/* A volume that asks for chkdsk is left alone. */
		if (source != SURVEY_NONE && survey->partitions[source].is_readable &&
		    !survey->partitions[source].is_dirty)
			r = build_edit_volume(build, &survey->partitions[source],
					      &plan->partitions[i], convert_volume, &moved, err);
	}
	return r;
}
