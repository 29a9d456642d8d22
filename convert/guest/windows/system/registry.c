/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Edits in the guest's SYSTEM hive: see registry.h. */
#include "convert/guest/windows/system/registry.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/hive/hive.h"
#include "convert/guest/windows/system/drivers.h"
#include "convert/guest/windows/system/mounted.h"

static bool is_control_set(const char *name)
{
	static const char prefix[] = "ControlSet";
	const char *digits = name + sizeof(prefix) - 1;

	return strncasecmp(name, prefix, sizeof(prefix) - 1) == 0 &&
	       isdigit((unsigned char)digits[0]) && isdigit((unsigned char)digits[1]) &&
	       isdigit((unsigned char)digits[2]) && digits[3] == '\0';
}

static int convert_control_sets(struct system_edit *edit)
{
	hive_h *handle = hive_handle(edit->hive);
	CLEANUP_FREE hive_node_h *nodes = hivex_node_children(handle, hivex_root(handle));
	int r = 0;

	if (!nodes)
		return error_damaged(edit->err, "'%s': cannot read the keys of the hive: %s",
				     hive_name(edit->hive), strerror(errno));
	for (const hive_node_h *node = nodes; *node && r == 0; node++) {
		CLEANUP_FREE char *name = hivex_node_name(handle, *node);

		if (name && is_control_set(name))
			r = drivers_convert(edit, &(struct control_set){*node, name});
	}
	return r;
}

int registry_convert(const void *bytes, size_t size, const struct moved_disk *disk,
		     uint8_t **ret_hive, size_t *ret_size, struct edit_notes *notes,
		     struct error *err)
{
	CLEANUP_HIVE struct hive *hive = NULL;
	struct system_edit edit = {.disk = disk, .notes = notes, .err = err};
	int r = hive_open(bytes, size, "\\Windows\\System32\\config\\SYSTEM", &hive, err);

	if (r < 0)
		return r;
	edit.hive = hive;
	r = mounted_convert(&edit);
	if (r == 0)
		r = convert_control_sets(&edit);
	if (r < 0)
		return r;
	r = edit_notes_check(notes, err);
	if (r < 0)
		return r;
	*ret_hive = NULL;
	*ret_size = 0;
	return edit.is_changed ? hive_commit(hive, ret_hive, ret_size, err) : 0;
}
