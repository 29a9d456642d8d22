/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a partition or logical volume of a Linux guest holds, told by its signatures alone. */
#ifndef HVGEN2_CONVERT_LINUX_FILES_CONTENTS_H
#define HVGEN2_CONVERT_LINUX_FILES_CONTENTS_H

#include <stdbool.h>

#include "common/disk.h"

enum linux_contents {
	LINUX_NOTHING, /* nothing that is known here: FAT and NTFS are others' matter */
	LINUX_EXT,     /* ext2, ext3 or ext4; not a journal of its own */
	LINUX_XFS,
	LINUX_BTRFS,
	LINUX_SWAP,
	LINUX_SWAP_HIBERNATED, /* holds the memory of a system that sleeps */
	LINUX_LUKS,
	LINUX_LVM, /* a physical volume: lvm.h */
	LINUX_MD,  /* a member of a software RAID, with the superblock at either end */
	LINUX_CONTENTS_MAX,
};

struct linux_volume_id {
	enum linux_contents contents;
	/* 8-4-4-4-12 in lower case as GRUB and blkid print it, that of the array for MD; "" where
	 * there is none, and for LVM, whose ids are of another form. */
	char uuid[37];
	char label[65]; /* as it stands on disk, cut to 64 bytes; need not be UTF-8 */
	/* The first GRUB that reads what it has, by upstream's version: 206 is 2.06; 0: any that
	 * reads XFS and Btrfs at all. */
	unsigned int grub_version;
	bool needs_recovery; /* it was not closed: its journal or log has not been replayed */
};

/*
 * What fills 'disk', a partition or logical volume of any size. A member of a RAID 1 whose
 * superblock stands at the end (1.0, 0.90) is LINUX_MD though a file system is seen in front.
 * Errors: I/O and memory only.
 */
int linux_contents_probe(struct disk *disk, struct linux_volume_id *ret, struct error *err);

/* "ext", "xfs", "btrfs", "swap", "hibernated swap", "LUKS", "LVM", "MD", "nothing known". */
const char *linux_contents_text(enum linux_contents contents);

#endif
