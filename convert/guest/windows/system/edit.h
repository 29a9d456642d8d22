/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the edits in one SYSTEM hive share. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_EDIT_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_EDIT_H

#include <stdbool.h>

#include "common/hive/hive.h"
#include "common/moved.h"
#include "common/notes.h"

struct system_edit {
	struct hive *hive;
	const struct moved_disk *disk;
	struct edit_notes *notes;
	struct error *err;
	bool is_changed;
};

#define CHANGED(edit, ...) note_add(&(edit)->notes->changed, __VA_ARGS__)
#define WARNING(edit, ...) note_add(&(edit)->notes->warnings, __VA_ARGS__)

/* "ControlSet001" and its like, of which a hive has one to four. */
struct control_set {
	hive_node_h node;
	const char *name;
};

#endif
