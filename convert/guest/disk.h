/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disk at hand, old or new, as a kind of guest sees it. */
#ifndef HVGEN2_CONVERT_GUEST_DISK_H
#define HVGEN2_CONVERT_GUEST_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"
#include "common/guid.h"
#include "common/moved.h"
#include "common/notes.h"
#include "convert/guest/linux/linux.h"
#include "convert/guest/windows/windows.h"
#include "convert/linux_files/contents.h"
#include "convert/ntfs/volume.h"

struct grub_reader;
struct guest_kind;

/*
 * What a volume holds, as paths ("\\Boot\\BCD"; of folders with a backslash at the end). Embedded;
 * all zero is empty.
 */
struct guest_contents {
	struct note_list own;	 /* files that the guest or its boot manager put there */
	struct note_list others; /* and what somebody else did */
};

void guest_contents_done(struct guest_contents *contents);

/* What the default entry of a BIOS boot store starts: the partition at a byte of an MBR disk. */
struct guest_default {
	bool is_known;
	uint32_t mbr_signature;
	uint64_t mbr_offset;
};

/* What the kinds found in one volume. Embedded; all zero is nothing. */
struct guest_volume {
	const struct guest_kind *kind;	   /* whose system is installed here; NULL: none */
	bool has_boot_manager;		   /* what the BIOS starts: \bootmgr */
	bool has_boot_store;		   /* and what that reads: \Boot\BCD */
	bool has_recovery;		   /* a recovery environment */
	bool only_boot_files;		   /* nothing that would be missed if the volume went */
	struct guest_contents contents;	   /* of a volume with a boot store and no system */
	struct guest_default starts;	   /* by its boot store */
	struct windows windows;		   /* its root is "" where there is none */
	struct linux_system *linux_system; /* that is started from here; NULL: none */
};

/* In kinds.c, which knows the kinds. */
void guest_volume_done(struct guest_volume *volume);

/* A partition of the disk at hand. */
struct guest_partition {
	struct volume_place place; /* on that disk */
	bool is_readable;	   /* can be mounted */
	bool can_be_searched; /* or read in another way: what is not found there is not there */
	bool is_dirty;	      /* asks for chkdsk, and is left alone */
	bool is_esp;	      /* by its type; of an old disk that has a GPT already */
	struct guid unique;   /* likewise, of its entry */
	const char *label;    /* likewise; NULL or "" for none */
	struct linux_volume_id contents;
	const struct guest_volume *found;
};

/* The old disk, or the new one with those partitions of the old that it keeps. All is borrowed. */
struct guest_disk {
	struct disk *disk;
	bool has_gpt; /* the old disk has one already, whose entries stay */
	bool has_vm;  /* it is converted with its VM, against whose adapters the guest's are held */
	struct grub_reader *reader; /* of its files, from outside; NULL: there is none */
	const struct guest_partition *partitions; /* in the order of the table */
	size_t count;
	const struct guest_partition
		*start; /* whose system is started by default; NULL: not known */
	const struct guest_partition *system; /* what the BIOS starts; NULL: not known */
};

/* Where the guest goes. Borrowed. */
struct guest_target {
	struct moved_disk moved;
	struct guid esp; /* unique GUID of its entry in the new table */
	bool keeps_esp;	 /* it was there before, and nothing is written to it */
};

#endif
