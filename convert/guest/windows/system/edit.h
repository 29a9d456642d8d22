/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the edits in one SYSTEM hive share. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_EDIT_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_EDIT_H

#include <stdbool.h>

#include "common/hive/hive.h"
#include "common/notes.h"
#include "convert/guest/windows/system/control_set.h"
#include "convert/guest/windows/system/owner.h"

struct system_edit {
	struct hive *hive;
	const struct hive_owner *owner;
	struct edit_notes *notes;
	struct error *err;
	bool is_changed;
};

#define CHANGED(edit, ...) note_add(&(edit)->notes->changed, __VA_ARGS__)
#define WARNING(edit, ...) note_add(&(edit)->notes->warnings, __VA_ARGS__)

#endif
