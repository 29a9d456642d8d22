/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the text of a volume group means. */
#ifndef HVGEN2_CONVERT_LINUX_FILES_LVM_VOLUMES_H
#define HVGEN2_CONVERT_LINUX_FILES_LVM_VOLUMES_H

#include "convert/linux_files/lvm_group.h"
#include "convert/linux_files/lvm_text.h"

#define LVM_ID_SIZE 32

struct lvm_pv {
	struct disk *disk;
	char id[LVM_ID_SIZE + 1]; /* without hyphens; "" when it cannot be told */
};

/* What there is to read a group from. */
struct lvm_pvs {
	struct lvm_pv list[LVM_MAX_PVS];
	size_t count, own; /* the text is of this one */
	uint64_t text_at;  /* where the text stands, for messages */
};

/* Errors: ERROR_DAMAGED when it is no group, or none of its own; memory. What is wrong with a volume
 * alone makes that one not readable. */
int lvm_volumes_take(const struct lvm_node *root, const struct lvm_pvs *pvs, struct lvm_group **ret,
		     struct error *err);

#endif
