/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ReAgent.xml on the volumes of the target: see winre.h. */
#include "convert/guest/windows/winre.h"

#include <stdlib.h>

#include "common/bytes.h"
#include "convert/guest/windows/reagent.h"
#include "convert/guest/windows/reagent_text.h"

struct reagent_edit {
	const struct guest_partition *partition;
	const struct moved_disk *moved;
	bool is_lost;
};

/*
 * The places get their new numbers; a recovery environment that nothing can start any more is noted
 * as off.
 */
static int edit_reagent(const struct reagent_edit *edit, const struct file_bytes *old,
			uint8_t **ret, size_t *ret_size, struct edit_notes *notes,
			struct error *err)
{
	int r;

	if (!edit->is_lost)
		return reagent_convert(old, edit->moved, ret, ret_size, notes, err);
	r = reagent_disable(old, ret, ret_size, err);
	if (r == 0 && *ret)
		note_add(&notes->changed,
			 "the recovery environment is off: 'reagentc /enable' turns it on again");
	return r;
}

static int convert_file(struct volume *volume, const char *path, const struct reagent_edit *edit,
			struct edits *edits, struct error *err)
{
	CLEANUP_FREE uint8_t *old = NULL;
	CLEANUP_FREE uint8_t *new = NULL;
	CLEANUP_EDIT_NOTES struct edit_notes notes = EDIT_NOTES_INIT;
	struct error problem = ERROR_INIT;
	struct file_bytes file;
	size_t old_size = 0, new_size;
	int r;

	if (!volume_exists(volume, path))
		return 0;
	r = volume_read_file(volume, path, REAGENT_MAX_SIZE, &old, &old_size, &problem);
	file = (struct file_bytes){old, old_size, path};
	if (r == 0)
		r = edit_reagent(edit, &file, &new, &new_size, &notes, &problem);
	note_list_append(&edits->warnings, &notes.warnings);
	if (r < 0 && error_is_of_host(&problem)) {
		*err = problem;
		return r;
	}
	if (r < 0) {
		note_add(
			&edits->warnings,
			"partition %u: %s; the recovery environment may have to be turned on again in the "
			"guest with 'reagentc /enable'",
			edit->partition->place.number, problem.message);
		return 0;
	}
	if (reagent_is_utf16(&file))
		note_add(&edits->warnings,
			 "partition %u: %s is UTF-16, which Windows does not write; %s: see in the "
			 "guest with 'reagentc /info' whether it is understood, else run 'reagentc "
			 "/disable' and 'reagentc /enable'",
			 edit->partition->place.number, path,
			 new ? "it was edited and stays UTF-16" : "nothing in it had to change");
	if (!new)
		return 0;
	r = volume_replace_file(volume, path, new, new_size, err);
	return r < 0 ? r
		     : edits_add(edits, edit->partition->place.number, path, &notes.changed, err);
}

static int convert_volume(struct volume *volume, const void *context, struct edits *edits,
			  struct error *err)
{
	const struct reagent_edit *edit = context;
	char path[WINDOWS_PATH_SIZE];
	int r = convert_file(volume, "\\Recovery\\WindowsRE\\ReAgent.xml", edit, edits, err);

	windows_path(path, edit->partition->found->windows.root, "System32\\Recovery\\ReAgent.xml");
	if (r == 0 && edit->partition->found->windows.root[0])
		r = convert_file(volume, path, edit, edits, err);
	return r;
}

int winre_convert(const struct guest_disk *new, const struct moved_disk *moved, bool is_lost,
		  struct edits *edits, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < new->count; i++) {
		const struct reagent_edit edit = {&new->partitions[i], moved, is_lost};

		/* A volume that asks for chkdsk is left alone. */
		if (edit.partition->is_readable && !edit.partition->is_dirty)
			r = edit_volume(new->disk, &edit.partition->place, convert_volume, &edit,
					edits, err);
	}
	return r;
}
