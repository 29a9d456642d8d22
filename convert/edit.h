/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Edits on the volumes of the target, and the list of what they changed. The parts of the build
 * share this and know nothing of each other.
 */
#ifndef HVGEN2_CONVERT_EDIT_H
#define HVGEN2_CONVERT_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/notes.h"
#include "convert/ntfs/volume.h"

/* A file of the guest, or a structure of its file system, that is not bit-identical afterwards. */
struct edit_change {
	unsigned int partition; /* number in the old table */
	char *path; /* "\\Windows\\System32\\config\\SYSTEM"; "$Boot" for boot sectors */
	struct note_list details;
};

/* Embedded; all zero is empty; memory belongs to it. */
struct edits {
	struct edit_change *changes;
	size_t count;
	struct note_list warnings;
	struct san_policy_note san_policy; /* of several Windows that which keeps disks offline */
};

/* List a change. Takes what is in *details. Errors: ENOMEM. */
int edits_add(struct edits *edits, unsigned int partition, const char *path,
	      struct note_list *details, struct error *err);

void edits_done(struct edits *edits);

/*
 * Mount the volume at 'place' of 'target', call 'edit' and unmount. 'context' is handed on. Messages
 * get "partition N: " in front. Errors: those of the mount, of 'edit' and of writing back.
 */
typedef int edit_function(struct volume *volume, const void *context, struct edits *edits,
			  struct error *err);
int edit_volume(struct disk *target, const struct volume_place *place, edit_function *edit,
		const void *context, struct edits *edits, struct error *err);

#endif
