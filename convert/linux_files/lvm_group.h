/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lvm.h hides. */
#ifndef HVGEN2_CONVERT_LINUX_FILES_LVM_GROUP_H
#define HVGEN2_CONVERT_LINUX_FILES_LVM_GROUP_H

#include "convert/linux_files/lvm.h"

/* A part of a volume: [start, start + length) of it stands at 'at' of 'pv'. */
struct lvm_part {
	uint64_t start;
	uint64_t length;
	uint64_t at;
	struct disk *pv;
};

struct lvm_volume {
	char *name;
	char why_not[96]; /* "" when it is readable */
	uint64_t size;
	bool needs_other_disks;
	struct lvm_part *parts; /* by 'start', without gaps; for readable ones */
	size_t part_count;
};

struct lvm_group {
	char *name;
	char id[64]; /* cut to 63 bytes */
	uint64_t seqno;
	struct disk *own;	       /* the one that keeps this text; NULL for no group */
	struct disk *pvs[LVM_MAX_PVS]; /* that are of it */
	size_t pv_count;
	struct lvm_volume *volumes;
	size_t count;
};

#endif
