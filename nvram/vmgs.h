/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VMGS version 3, the guest state file of OpenHCL and OpenVMM: a fixed VHD with blocks of 4096
 * bytes.
 *
 *   0x0000  header 1 (168 bytes)   the one with the newer sequence number points at the file table
 *   0x0200  header 2
 *   0x2000  blocks from 2 on: file table, extended file table, files
 *   size    VHD footer
 *
 * Known from openvmm's vmgs_format and vmgs_impl.
 */
#ifndef HVGEN2_NVRAM_VMGS_H
#define HVGEN2_NVRAM_VMGS_H

#include "common/bytes.h"
#include "nvram/nvram.h"

#define VMGS_BLOCK_SIZE 4096U
#define VMGS_SIGNATURE	"GUESTRTS"

#define VMGS_HEADER_SIZE   168U
#define VMGS_HEADER_2	   512U /* where the second header stands: one sector of a VHD */
#define VMGS_TABLE_ENTRIES 64U
#define VMGS_ENTRY_SIZE	   64U

/* Ids of files: entries of the table */
#define VMGS_FILE_TABLE	    0U
#define VMGS_BIOS_NVRAM	    1U
#define VMGS_EXTENDED_TABLE 63U

struct vmgs_file {
	uint32_t block;
	uint32_t blocks; /* 0: no such file */
	uint64_t size;	 /* bytes in use */
};

/* The layout of a store, read and checked. */
struct vmgs {
	uint32_t blocks;     /* capacity */
	unsigned int active; /* header 0 or 1 */
	uint32_t sequence;   /* of the active header */
	uint32_t table;	     /* block of the file table */
	bool is_empty;	     /* both headers are zero: never formatted */
	struct vmgs_file files[VMGS_TABLE_ENTRIES];
};

/* Read and check headers and table. Refuses version 1 and encrypted stores. */
int vmgs_parse(const struct file_bytes *file, struct vmgs *ret, struct error *err);
int vmgs_decode(const struct file_bytes *file, struct nvram *ret, struct error *err);

/* Does it look like a VMGS, of version 3 or version 1? */
bool vmgs_is_v3(const uint8_t *bytes, size_t size);
bool vmgs_is_v1(const uint8_t *bytes, size_t size);

/* A header into 'ret', of which all 168 bytes are set. */
void vmgs_build_header(uint32_t sequence, uint32_t table_block, uint8_t ret[VMGS_HEADER_SIZE]);

/* The successor of a header: next sequence number, another table, all else as it was. */
void vmgs_next_header(const uint8_t *header, uint32_t table_block, uint8_t ret[VMGS_HEADER_SIZE]);

/* A table entry at 'ret', of which all 64 bytes are set. */
void vmgs_build_entry(const struct vmgs_file *file, uint8_t ret[VMGS_ENTRY_SIZE]);

#endif
