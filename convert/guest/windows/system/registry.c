/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits in the guest's SYSTEM hive: see registry.h. */
#include "convert/guest/windows/system/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "convert/guest/windows/system/acpi.h"
#include "convert/guest/windows/system/drivers.h"
#include "convert/guest/windows/system/mounted.h"
#include "convert/guest/windows/system/pending.h"
#include "convert/guest/windows/system/san.h"

/* All edits of one control set. */
static int convert_control_set(struct system_edit *edit, const struct control_set *set)
{
	int r = acpi_convert(edit, set);

	if (r == 0)
		r = drivers_convert(edit, set);
	if (r == 0)
		r = san_convert(edit, set);
	if (r == 0 && set->is_current)
		pending_warn(edit, set);
	return r;
}

static int convert_control_sets(struct system_edit *edit)
{
	hive_h *handle = hive_handle(edit->hive);
	CLEANUP_FREE hive_node_h *nodes = hivex_node_children(handle, hivex_root(handle));
	hive_node_h current = control_set_current(edit->hive);
	int r = 0;

	if (!nodes)
		return error_library(edit->err, "'%s': cannot read the keys of the hive",
				     hive_name(edit->hive));
	for (const hive_node_h *node = nodes; *node && r == 0; node++) {
		CLEANUP_FREE char *name = hivex_node_name(handle, *node);

		if (name && control_set_is(name))
			r = convert_control_set(edit, &(struct control_set){*node, name,
									    *node == current});
	}
	return r;
}

int registry_convert(const struct file_bytes *old, const struct hive_owner *owner,
		     uint8_t **ret_hive, size_t *ret_size, struct edit_notes *notes,
		     struct error *err)
{
	CLEANUP_HIVE struct hive *hive = NULL;
	struct system_edit edit = {.owner = owner, .notes = notes, .err = err};
	int r = hive_open(old->data, old->size, old->name, &hive, err);

	if (r < 0)
		return r;
	edit.hive = hive;
	r = mounted_convert(&edit);
	if (r == 0)
		r = convert_control_sets(&edit);
	if (r == 0)
		r = hive_check_reads(hive, err);
	if (r < 0)
		return r;
	r = edit_notes_check(notes, err);
	if (r < 0)
		return r;
	*ret_hive = NULL;
	*ret_size = 0;
	return edit.is_changed ? hive_commit(hive, ret_hive, ret_size, err) : 0;
}
