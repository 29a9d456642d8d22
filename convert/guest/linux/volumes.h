/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Everything on the disk that may hold a file system of a Linux guest: partitions, and the logical
 * volumes in them. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_VOLUMES_H
#define HVGEN2_CONVERT_GUEST_LINUX_VOLUMES_H

#include <stddef.h>

#include "common/disk.h"
#include "common/notes.h"
#include "convert/guest/disk.h"
#include "convert/guest/linux/linux.h"
#include "convert/linux_files/linux_files.h"
#include "convert/linux_files/lvm.h"

struct linux_volume {
	struct linux_place place;
	size_t index; /* of its partition in the disk at hand */
	char partuuid
		[GUID_TEXT_SIZE];  /* of its entry in a GPT; "" in a logical volume, or an MBR */
	const char *partlabel;	   /* likewise; borrowed, NULL for none */
	struct disk_window window; /* the partition; of a logical volume its physical one */
	struct lvm_group *group;   /* of a physical volume */
	struct disk *logical;	   /* NULL for a partition */
	struct linux_files *files; /* NULL: cannot be read */
	const char *why_not;	   /* a logical volume that cannot be opened: why; else NULL */
	struct error problem;	   /* what opening it found; of kind ERROR_NONE when nothing */
	bool needs_other_disks;	   /* parts of it are on other disks */
};

/* Embedded; all zero is empty; memory belongs to it. */
struct linux_volumes {
	struct linux_volume **list; /* they stay where they are */
	bool has_gpt;		    /* the disk has a GPT already */
	size_t count;
	struct grub_reader *reader; /* borrowed; or NULL */
};

/* Open all that can be. 'disk' is borrowed. Errors: lack of memory, I/O. */
int linux_volumes_open(const struct guest_disk *disk, struct linux_volumes *ret, struct error *err);

void linux_volumes_done(struct linux_volumes *volumes);
#define CLEANUP_LINUX_VOLUMES CLEANUP(linux_volumes_done)

/* The disk that its file system stands on. */
struct disk *linux_volume_disk(struct linux_volume *volume);

/* The volume that a place names; NULL for none. */
struct linux_volume *linux_volumes_at(const struct linux_volumes *volumes,
				      const struct linux_place *place);

/*
 * The volume that a device name of fstab or of a kernel's command line means: "UUID=", "LABEL=",
 * "PARTUUID=", "PARTLABEL=",
 * /dev/sdaN, /dev/VG/LV, /dev/mapper/VG-LV and links under /dev/disk; NULL when none is on this
 * disk, or when it cannot be said.
 */
struct linux_volume *linux_volumes_named(const struct linux_volumes *volumes, const char *device);

/* How many file systems carry the UUID. */
size_t linux_volumes_with_uuid(const struct linux_volumes *volumes, const char *uuid);

#endif
