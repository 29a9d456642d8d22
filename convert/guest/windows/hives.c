/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hives of the guest: see hives.h. */
#include "convert/guest/windows/hives.h"

#include <stdlib.h>

#include "common/cleanup.h"
#include "convert/guest/windows/hive.h"
#include "convert/guest/windows/registry.h"

/* The edited hive takes the place of the old one, in the same file. */
static int convert_hive(struct volume *volume, const char *path, unsigned int partition,
			const struct moved_disk *moved, struct edits *edits, struct error *err)
{
	CLEANUP_FREE uint8_t *old = NULL;
	CLEANUP_FREE uint8_t *new = NULL;
	CLEANUP(registry_notes_done) struct registry_notes notes = {.changed = {NULL, 0}};
	size_t old_size, new_size;
	bool recovered = false;
	int r = guest_hive_read(volume, path, SURVEY_MAX_HIVE, &old, &old_size, &recovered, err);

	if (r == 0)
		r = registry_convert(old, old_size, moved, &new, &new_size, &notes, err);
	free(TAKE(old));
	if (r < 0)
		return r;
	note_list_append(&edits->warnings, &notes.warnings);
	if (!new)
		return 0;
	r = volume_replace_file(volume, path, new, new_size, err);
	if (r < 0)
		return r;
	if (recovered)
		note_add(&notes.changed, "changes that stood only in its log files are applied");
	return edits_add(edits, partition, path, &notes.changed, err);
}

/* Each Windows of the disk finds its drive letters and its drivers. */
struct registry_edit {
	const struct survey_partition *old;
	const struct moved_disk *moved;
};

static int convert_registry(struct volume *volume, const void *context, struct edits *edits,
			    struct error *err)
{
	const struct registry_edit *edit = context;
	char path[WINDOWS_PATH_SIZE];

	windows_path(path, edit->old->windows.root, "System32\\config\\SYSTEM");
	return convert_hive(volume, path, edit->old->mbr.number, edit->moved, edits, err);
}

int hives_convert(const struct survey *survey, const struct plan *plan, struct disk *target,
		  struct edits *edits, struct error *err)
{
	const struct moved_disk moved = plan_moved_disk(survey, plan);
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->gpt.count; i++) {
		const struct volume_place place = plan_place(survey, plan, i);
		size_t source = plan->partitions[i].source;

		if (source != SURVEY_NONE && survey->partitions[source].has_windows)
			r = edit_volume(target, &place, convert_registry,
					&(struct registry_edit){&survey->partitions[source],
								&moved},
					edits, err);
	}
	return r;
}
