/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Linux systems of a disk: which file system holds a GRUB menu, and which the root that belongs
 * to it. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_FIND_H
#define HVGEN2_CONVERT_GUEST_LINUX_FIND_H

#include "convert/guest/guest.h"
#include "convert/guest/linux/linux.h"
#include "convert/guest/linux/volumes.h"

#define LINUX_ADVICE_READER                                                                         \
	"ext2, ext3, ext4, XFS and Btrfs are read, on partitions and logical volumes of one disk; " \
	"keep this VM in generation 1 for now"

#define LINUX_MAX_SYSTEMS 16

/* Embedded; memory belongs to it. */
struct linux_systems {
	struct linux_system
		list[LINUX_MAX_SYSTEMS]; /* places, prefix and release; nothing of the menu */
	size_t count;
	struct error why_none; /* of kind ERROR_NONE when nothing speaks for a Linux */
	struct linux_damage damages[LINUX_MAX_DAMAGES]; /* the first ones */
};

/* Errors: lack of memory, I/O. */
int linux_find_systems(const struct linux_volumes *volumes, struct linux_systems *ret,
		       struct error *err);

/*
 * The root of a system whose menu has been read: what the default entry has for root=, whatever an
 * fstab has told. Without that, and where no fstab has, the only volume that says which
 * distribution it holds. *system stays as it is when neither is found. Errors: those of
 * linux_read_text().
 */
int linux_find_root(const struct linux_volumes *volumes, struct linux_system *system,
		    struct note_list *warnings, struct error *err);

void linux_systems_done(struct linux_systems *systems);
#define CLEANUP_LINUX_SYSTEMS CLEANUP(linux_systems_done)

#endif
