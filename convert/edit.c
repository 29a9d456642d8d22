/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits on the volumes of the target: see edit.h. */
#include "convert/edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int edits_add(struct edits *edits, unsigned int partition, const char *path,
	      struct note_list *details, struct error *err)
{
	struct edit_change *changes;
	char *copy;
	int r = note_list_check(details, err);

	if (r < 0)
		return r;
	changes = reallocarray(edits->changes, edits->count + 1, sizeof(*changes));
	copy = strdup(path);
	if (changes)
		edits->changes = changes;
	if (!changes || !copy) {
		free(copy);
		return error_failed(err, ENOMEM, "out of memory");
	}
	changes[edits->count++] = (struct edit_change){partition, copy, *details};
	*details = (struct note_list){.texts = NULL};
	return 0;
}

int edit_volume(struct disk *target, const struct volume_place *place, edit_function *edit,
		const void *context, struct edits *edits, struct error *err)
{
	struct volume *volume = NULL;
	int r = volume_open_at(target, place, true, &volume, err);
	int closed;

	if (r == 0) {
		r = edit(volume, context, edits, err);
		closed = volume_close(volume, r < 0 ? NULL : err);
		r = r < 0 ? r : closed;
	}
	return r < 0 ? error_prefix(err, "partition %u", place->number) : 0;
}

void edits_done(struct edits *edits)
{
	for (size_t i = 0; i < edits->count; i++) {
		free(edits->changes[i].path);
		note_list_done(&edits->changes[i].details);
	}
	free(edits->changes);
	note_list_done(&edits->warnings);
	*edits = (struct edits){.changes = NULL};
}
