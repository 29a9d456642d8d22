/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The GUID partition table (UEFI 2.10 section 5.3): protective MBR, primary and backup header and
 * entry array. */
#ifndef HVGEN2_CONVERT_TABLE_GPT_H
#define HVGEN2_CONVERT_TABLE_GPT_H

#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"
#include "common/guid.h"
#include "common/notes.h"

#define GPT_MAX_PARTITIONS 128

#define GPT_TYPE_ESP GUID(0xc12a7328, 0xf81f, 0x11d2, 0xba4b, 0x00a0c93ec93b)
#define GPT_TYPE_MSR GUID(0xe3c9e316, 0x0b5c, 0x4db8, 0x817d, 0xf92df00215ae)
/* GNU GRUB manual, "BIOS installation" */
#define GPT_TYPE_BIOS_BOOT  GUID(0x21686148, 0x6449, 0x6e6f, 0x744e, 0x656564454649)
#define GPT_TYPE_BASIC_DATA GUID(0xebd0a0a2, 0xb9e5, 0x4433, 0x87c0, 0x68b6b72699c7)
#define GPT_TYPE_RECOVERY   GUID(0xde94bba4, 0x06d1, 0x4d40, 0xa16a, 0xbfd50179d6ac)
/* util-linux, include/pt-gpt-partnames.h: by what tools call them */
#define GPT_TYPE_LINUX	    GUID(0x0fc63daf, 0x8483, 0x4772, 0x8e79, 0x3d69d8477de4)
#define GPT_TYPE_LINUX_SWAP GUID(0x0657fd6d, 0xa4ab, 0x43c4, 0x84e5, 0x0933c84b4f4f)
#define GPT_TYPE_LINUX_LVM  GUID(0xe6d6d379, 0xf507, 0x44c2, 0xa23c, 0x238f2a3df928)
#define GPT_TYPE_LINUX_RAID GUID(0xa19d880f, 0x05fc, 0x4d3b, 0xa006, 0x743f0f84911e)

#define GPT_ATTRIBUTE_REQUIRED UINT64_C(0x0000000000000001) /* platform required */
#define GPT_ATTRIBUTE_HIDDEN   UINT64_C(0x4000000000000000) /* basic data: hidden */
#define GPT_ATTRIBUTE_NO_DRIVE_LETTER                                                              \
	UINT64_C(0x8000000000000000) /* basic data: no letter by itself */
#define GPT_ATTRIBUTE_NO_AUTO                                                                      \
	UINT64_C(                                                                                  \
		0x8000000000000000) /* swap and file systems of Linux: not used by itself (systemd-gpt-auto-generator) */

struct gpt_partition {
	struct guid type;
	struct guid unique;
	uint64_t first_lba;
	uint64_t last_lba; /* inclusive */
	uint64_t attributes;
	char name[36 * 3 + 1]; /* UTF-8, at most 36 UTF-16 units */
	uint32_t number;       /* the entry in the array, from 1; there may be gaps */
};

struct gpt {
	struct guid disk_guid;
	uint64_t disk_sectors;
	uint32_t sector_size;				     /* 512 or 4096 */
	struct gpt_partition partitions[GPT_MAX_PARTITIONS]; /* in any order */
	size_t count;
};

/* The first and last LBA that partitions may use: 34 and N-34 with 512-byte sectors, 6 and N-6 with
 * 4096. */
uint64_t gpt_first_usable(uint32_t sector_size);
uint64_t gpt_last_usable(uint64_t disk_sectors, uint32_t sector_size);

/* Ranges usable, no overlaps, numbers and GUIDs set and unique, names fit. ERROR_FAILED: a plan that breaks
 * this is our bug. */
int gpt_check(const struct gpt *gpt, struct error *err);

/* Check, then write protective MBR, both headers and both arrays to 'disk', whose size must be that
 * of the table. In front of the table of the MBR stays what 'disk' has there: the boot code of a
 * disk that the BIOS can go on starting. */
int gpt_write(const struct gpt *gpt, struct disk *disk, struct error *err);

/*
 * Read the primary table, and the backup at the end of the disk; both must be valid (CRCs, self and
 * alternate LBA) and agree, and the protective MBR must cover the disk. ERROR_DAMAGED with the LBA
 * otherwise.
 */
int gpt_read(struct disk *disk, struct gpt *ret, struct error *err);

/*
 * The table of a guest that has one: the primary copy alone, as Linux takes it, checked by
 * gpt_check() too. What is wrong with the backup, which need not stand at the end of a disk that has
 * grown, is a sentence in 'findings'. ERROR_DAMAGED; I/O.
 */
int gpt_read_primary(struct disk *disk, struct gpt *ret, struct note_list *findings,
		     struct error *err);

/* "EFI system partition", "basic data", ... or the GUID. */
const char *gpt_type_text(const struct guid *type, char buffer[GUID_TEXT_SIZE]);

#endif
