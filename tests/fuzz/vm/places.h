/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the structures of a VM's disk stand in its file. They are found by their signatures, at
 * sector boundaries of the file itself, with constants of our own: what the readers under test
 * believe about a format is not asked. So the container does not matter, as long as a structure is
 * not torn by its blocks.
 */
#ifndef HVGEN2_TESTS_FUZZ_VM_PLACES_H
#define HVGEN2_TESTS_FUZZ_VM_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum place_kind {
	PLACE_NONE,
	PLACE_VHDX_IDENTIFIER,
	PLACE_VHDX_HEADER,
	PLACE_VHDX_REGIONS,
	PLACE_VHDX_METADATA,
	PLACE_VHDX_ITEMS,
	PLACE_VHDX_BAT,
	PLACE_VHDX_LOG,
	PLACE_VHD_FOOTER,
	PLACE_VHD_HEADER,
	PLACE_VHD_BAT,
	PLACE_BOOT_RECORD, /* MBR and extended boot records */
	PLACE_GPT,
	PLACE_NTFS_BOOT,
	PLACE_NTFS_RECORD,
	PLACE_NTFS_CHOSEN, /* records of metafiles, and of files that a conversion looks at */
	PLACE_NTFS_INDEX,
	PLACE_NTFS_RESTART,
	PLACE_NTFS_LOG,
	PLACE_FAT_BOOT,
	PLACE_FAT_TABLE,
	PLACE_FAT_FOLDER,
	PLACE_HIVE,
	PLACE_HIVE_BIN,
	PLACE_HIVE_LOG,
	PLACE_PE,
	PLACE_XML,
	PLACE_VMGS_HEADER,
	PLACE_VMGS_BLOCK,
	PLACE_OVMF_VOLUME,
	PLACE_OVMF_VARIABLES,
	PLACE_KINDS
};

struct place {
	enum place_kind kind;
	uint32_t size;	 /* bytes */
	uint64_t offset; /* in the file */
	uint64_t digest; /* of the bytes: copies of one structure are changed together */
};

struct places {
	struct place *list; /* ordered by kind, then by offset */
	size_t count;
	size_t first[PLACE_KINDS + 1]; /* where each kind begins; [PLACE_KINDS] is the count */
};

/* Structures larger than this are handled by their beginning. */
#define PLACE_MAX 65536

const char *place_name(enum place_kind kind);

/* Find all structures in a file. What fails ends the program. Freed with free(ret->list). */
void places_find(int fd, struct places *ret);

#endif
