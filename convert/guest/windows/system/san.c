/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SAN policy says what becomes of a disk that Windows sees for the first time (MS-VDS
 * 2.2.2.2.1.1). SCSI counts as a shared bus, and a data disk that stood on the IDE controller is a
 * new disk on the SCSI controller of a generation 2 VM: but for policy 1 it stays offline, and its
 * drive letter is missing, until somebody brings it online. Servers are installed with 2.
 */
#include "convert/guest/windows/system/san.h"

#include <errno.h>
#include <inttypes.h>

#include "common/checked.h"

#define PARAMETERS "Services\\partmgr\\Parameters"

enum san_policy {
	SAN_UNKNOWN,
	SAN_ONLINE = SAN_POLICY_ONLINE,
	SAN_OFFLINE_SHARED,
	SAN_OFFLINE,
	SAN_OFFLINE_INTERNAL
};

static const char *policy_text(uint32_t policy)
{
	static const char *const texts[] = {
		[SAN_UNKNOWN] = "unknown",
		[SAN_ONLINE] = "all online",
		[SAN_OFFLINE_SHARED] = "shared disks offline",
		[SAN_OFFLINE] = "all offline",
		[SAN_OFFLINE_INTERNAL] = "internal disks offline",
	};

	return policy < ARRAY_SIZE(texts) ? texts[policy] : texts[SAN_UNKNOWN];
}

static int set_policy(struct system_edit *edit, const struct control_set *set)
{
	hive_node_h node = hive_make(edit->hive, set->node, PARAMETERS, edit->err);

	if (node == 0)
		return -EUCLEAN;
	CHANGED(edit, "%s: SanPolicy 1: data disks come online", set->name);
	edit->is_changed = true;
	return hive_set_dword(edit->hive, node, "SanPolicy", SAN_ONLINE, edit->err);
}

int san_convert(struct system_edit *edit, const struct control_set *set)
{
	hive_node_h node = hive_find(edit->hive, set->node, PARAMETERS);
	uint32_t policy = edit->owner->is_server ? SAN_OFFLINE_SHARED : SAN_ONLINE;
	bool is_set = node && hive_get_dword(edit->hive, node, "SanPolicy", &policy);

	if (set->is_current)
		edit->notes->san_policy =
			(struct san_policy_note){policy, edit->owner->online_data_disks ? SAN_ONLINE
											: policy};
	if (edit->owner->online_data_disks)
		return is_set && policy == SAN_ONLINE ? 0 : set_policy(edit, set);
	if (!set->is_current || policy == SAN_ONLINE)
		return 0;
	WARNING(edit,
		"the SAN policy is %" PRIu32 " (%s%s): data disks that move to the SCSI "
		"controller with the VM stay offline until they are brought online in it; "
		"--online-data-disks lets them come online",
		policy, policy_text(policy),
		is_set ? "" : ", as on every server where none is set");
	return 0;
}
