/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the text of a volume group means. */
#ifndef HVGEN2_CONVERT_LINUX_FILES_LVM_VOLUMES_H
#define HVGEN2_CONVERT_LINUX_FILES_LVM_VOLUMES_H

#include "convert/linux_files/lvm_group.h"
#include "convert/linux_files/lvm_text.h"

#define LVM_ID_SIZE 32

/* The physical volume that the text was read from. */
struct lvm_self {
	uint64_t size;
	uint32_t sector_size;
	char id[LVM_ID_SIZE + 1]; /* without hyphens */
	uint64_t text_at;	  /* where the text stands, for messages */
};

/* Errors: ERROR_DAMAGED when it is no group, or none of 'self'; memory. What is wrong with a volume
 * alone makes that one not readable. */
int lvm_volumes_take(const struct lvm_node *root, const struct lvm_self *self,
		     struct lvm_group **ret, struct error *err);

#endif
