/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What waits for the next start: see pending.h. Windows then replaces files, drivers among them,
 * and may start more than once; that is better done in the VM that is known to start.
 */
#include "convert/guest/windows/system/pending.h"

#include "common/bytes.h"
#include "common/checked.h"

#define SESSION_MANAGER "Control\\Session Manager"

/* What the session manager does at the next start: lists of texts, empty when there is nothing. */
static const char *const lists[] = {"PendingFileRenameOperations", "PendingFileRenameOperations2",
				    "SetupExecute"};

static bool has_texts(struct hive *hive, hive_node_h node, const char *value)
{
	size_t size = 0;
	CLEANUP_FREE uint8_t *bytes = hive_get_bytes(hive, node, value, NULL, &size);

	return bytes && !is_zero(bytes, size);
}

static const char *find_list(struct hive *hive, hive_node_h node)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (has_texts(hive, node, lists[i]))
			return lists[i];
	return NULL;
}

void pending_warn(struct system_edit *edit, const struct control_set *set)
{
	hive_node_h node = hive_find(edit->hive, set->node, SESSION_MANAGER);
	const char *list = node ? find_list(edit->hive, node) : NULL;
	const char *other = edit->owner->pending;

	if (!list && !*other)
		return;
	WARNING(edit,
		"updates are pending, which Windows completes at its next start (%s%s%s): start the "
		"old VM once, let it finish, shut it down and convert again",
		other, *other && list ? ", " : "", list ? list : "");
}
