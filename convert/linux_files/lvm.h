/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The logical volumes of LVM2 that can be read from the physical volumes of one disk. Of our own,
 * because lvm2 wants root and devices: a label, a header, and a text, of which linear volumes need
 * little. Nothing is ever written.
 *
 * Messages name offsets from the start of the physical volume; which disk and partition it is, the
 * caller adds.
 */
#ifndef HVGEN2_CONVERT_LINUX_FILES_LVM_H
#define HVGEN2_CONVERT_LINUX_FILES_LVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"

struct lvm_group;

/* As many as a disk has partitions. */
#define LVM_MAX_PVS 128

struct lvm_pvs;

/*
 * Who these physical volumes (LINUX_LVM of contents.h) are, at most LVM_MAX_PVS, which are
 * borrowed. What is wrong with one is told when its group is read. Errors: I/O; memory.
 */
int lvm_pvs_read(struct disk *const *disks, size_t count, struct lvm_pvs **ret, struct error *err);

void lvm_pvs_cleanup(struct lvm_pvs **pvs);
#define CLEANUP_LVM_PVS CLEANUP(lvm_pvs_cleanup)

/*
 * The volume group as the one at 'which' of them tells it; parts of it may stand on the others, which
 * may be of other groups too. It borrows their disks. A physical volume of no group, and one that keeps
 * no text of its group, is a group without name and volumes. Errors: ERROR_DAMAGED with the offset, for
 * what is no physical volume too; I/O; memory.
 */
int lvm_read(struct lvm_pvs *pvs, size_t which, struct lvm_group **ret, struct error *err);

void lvm_cleanup(struct lvm_group **group);
#define CLEANUP_LVM CLEANUP(lvm_cleanup)

/* As it stands in the text; "" when there is no group. Belongs to the group. */
const char *lvm_group_name(const struct lvm_group *group);

/* Its id likewise: two groups of one disk may have one name. */
const char *lvm_group_id(const struct lvm_group *group);

/* How often it was changed: the higher, the newer is its text. */
uint64_t lvm_group_seqno(const struct lvm_group *group);

/* Does 'other' tell the group as well as 'group', or better? Two of one id may be clones: of one age
 * they are the same group where the other one has the physical volume that keeps 'group', else where
 * either has that of the other: an old text may be of one that has left the group since. */
bool lvm_group_is_told_by(const struct lvm_group *group, const struct lvm_group *other);

struct lvm_volume_info {
	const char *name;
	bool is_readable;	/* linear, and all of it on the physical volumes at hand */
	const char *why_not;	/* a clause ("it is striped"); NULL when it is readable */
	uint64_t size;		/* bytes; 0 where that cannot be told */
	struct disk *pv;	/* with its start; NULL when it is not readable */
	bool needs_other_disks; /* parts of it, or perhaps of it, stand on others */
};

/* The volumes that are to be seen, in the order of the text: not the parts of which others are made.
 * Texts belong to the group. 'index' is below the count. */
size_t lvm_volume_count(const struct lvm_group *group);
struct lvm_volume_info lvm_volume_info(const struct lvm_group *group, size_t index);

/*
 * A readable volume as a disk that cannot be written. It borrows 'group'; to be closed with
 * disk_close(). -EINVAL for a volume that is not readable.
 */
int lvm_open(struct lvm_group *group, size_t index, struct disk **ret, struct error *err);

#endif
