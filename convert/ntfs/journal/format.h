/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Offsets in the structures of NTFS and of its log, little-endian. Names are those of ntfs-3g's
 * layout.h and logfile.h.
 */
#ifndef HVGEN2_CONVERT_NTFS_JOURNAL_FORMAT_H
#define HVGEN2_CONVERT_NTFS_JOURNAL_FORMAT_H

/* Boot sector. */
#define BOOT_BYTES_PER_SECTOR	 0x0b
#define BOOT_SECTORS_PER_CLUSTER 0x0d /* or, above 128, minus the base-2 logarithm */
#define BOOT_TOTAL_SECTORS	 0x28
#define BOOT_MFT_LCN		 0x30
#define BOOT_MIRROR_LCN		 0x38
#define BOOT_CLUSTERS_PER_RECORD 0x40 /* or, when negative, minus the base-2 logarithm of bytes */

/* Every protected block: FILE, INDX, RSTR, RCRD. */
#define BLOCK_USA_OFFSET 0x04
#define BLOCK_USA_COUNT	 0x06
#define BLOCK_LSN	 0x08 /* FILE, INDX, RCRD */
#define BLOCK_STRIDE	 512  /* protected each, whatever the sector size */

/* FILE record. */
#define FILE_SEQUENCE	0x10
#define FILE_LINKS	0x12
#define FILE_ATTRIBUTES 0x14
#define FILE_FLAGS	0x16
#define FILE_USED	0x18
#define FILE_ALLOCATED	0x1c
#define FILE_BASE	0x20 /* u64: reference of the base record; 0: it is one */
#define FILE_NEXT_ID	0x28
#define FILE_HEADER	0x2a
#define FILE_IN_USE	0x0001

/* Attribute. */
#define ATTR_TYPE		 0x00
#define ATTR_LENGTH		 0x04
#define ATTR_NON_RESIDENT	 0x08
#define ATTR_NAME_LENGTH	 0x09 /* in characters */
#define ATTR_NAME_OFFSET	 0x0a
#define ATTR_FLAGS		 0x0c
#define ATTR_ID			 0x0e
#define ATTR_VALUE_LENGTH	 0x10 /* resident */
#define ATTR_VALUE_OFFSET	 0x14
#define ATTR_INDEXED		 0x16
#define ATTR_LOWEST		 0x10 /* non-resident */
#define ATTR_HIGHEST		 0x18
#define ATTR_PAIRS		 0x20
#define ATTR_ALLOCATED		 0x28
#define ATTR_DATA_SIZE		 0x30
#define ATTR_INITIALIZED	 0x38
#define ATTR_TOTAL		 0x40
#define ATTR_RESIDENT_HEADER	 0x18
#define ATTR_NON_RESIDENT_HEADER 0x40
#define ATTR_COMPRESSED		 0x00ff
#define ATTR_SPARSE		 0x8000

enum {
	AT_LIST = 0x20,
	AT_NAME = 0x30,
	AT_DATA = 0x80,
	AT_ROOT = 0x90,
	AT_ALLOCATION = 0xa0,
	AT_BITMAP = 0xb0,
	AT_LAST = 0x1000,
};
#define AT_END 0xffffffffU

/* $FILE_NAME, as an attribute and as the key of an index entry. */
#define NAME_PARENT	     0x00
#define NAME_DUPLICATES	     0x08 /* times, sizes, flags */
#define NAME_DUPLICATES_SIZE 0x38
#define NAME_LENGTH	     0x40 /* in characters */
#define NAME_TEXT	     0x42

/* Index root: value; index header; INDX block. */
#define ROOT_TYPE	0x00
#define ROOT_BLOCK_SIZE 0x08
#define ROOT_HEADER	0x10
#define INDEX_ENTRIES	0x00 /* offsets from the header */
#define INDEX_USED	0x04
#define INDEX_ALLOCATED 0x08
#define INDEX_HEADER	0x10
#define INDX_VCN	0x10
#define INDX_HEADER	0x18

/* Index entry. */
#define ENTRY_REFERENCE	  0x00
#define ENTRY_DATA_OFFSET 0x00 /* of view indexes */
#define ENTRY_DATA_LENGTH 0x02
#define ENTRY_LENGTH	  0x08
#define ENTRY_KEY_LENGTH  0x0a
#define ENTRY_FLAGS	  0x0c
#define ENTRY_KEY	  0x10
#define ENTRY_HAS_NODE	  0x0001
#define ENTRY_IS_LAST	  0x0002

/* Records of the MFT. */
enum { MFT_MFT, MFT_MIRROR, MFT_LOG, MFT_BITMAP = 6, MFT_BOOT = 7, MFT_UPCASE = 10 };
#define REFERENCE_RECORD(ref)	((ref)&UINT64_C(0xffffffffffff))
#define REFERENCE_SEQUENCE(ref) ((uint16_t)((ref) >> 48))

/* Log: pages, of 4096 bytes each. */
#define LOG_PAGE       4096
#define LOG_FIRST_1    4  /* pages before the circular area, log 1.1 */
#define LOG_FIRST_2    34 /* log 2.0 */
#define LOG_TAIL       2  /* the first of the two tail copies of log 1.1 */
#define LOG_FAST       2  /* the first fast page of log 2.0 */
#define LOG_FAST_SLOTS 16 /* of each of the two sets */

#define RESTART_SYSTEM_PAGE 0x10
#define RESTART_LOG_PAGE    0x14
#define RESTART_AREA	    0x18
#define RESTART_MINOR	    0x1a
#define RESTART_MAJOR	    0x1c

#define AREA_CURRENT	   0x00
#define AREA_CLIENTS	   0x08
#define AREA_FREE	   0x0a
#define AREA_IN_USE	   0x0c
#define AREA_FLAGS	   0x0e
#define AREA_SEQUENCE_BITS 0x10
#define AREA_CLIENT_ARRAY  0x16
#define AREA_FILE_SIZE	   0x18
#define AREA_LAST_LENGTH   0x20
#define AREA_RECORD_HEADER 0x24
#define AREA_PAGE_DATA	   0x26
#define AREA_OPEN_COUNT	   0x28
#define AREA_SIZE	   0x2c
#define AREA_CLEAN	   0x0002
#define AREA_NO_CLIENT	   0xffff

#define CLIENT_OLDEST	   0x00
#define CLIENT_RESTART	   0x08
#define CLIENT_PREVIOUS	   0x10
#define CLIENT_NEXT	   0x12
#define CLIENT_NAME_LENGTH 0x1c
#define CLIENT_NAME	   0x20
#define CLIENT_SIZE	   0xa0

#define PAGE_LSN	 0x08
#define PAGE_TAIL_TARGET 0x08 /* tail copy of log 1.1: u64 file offset of its page */
#define PAGE_FLAGS	 0x10
#define PAGE_COUNT	 0x14
#define PAGE_POSITION	 0x16
#define PAGE_END_LSN	 0x20
#define PAGE_FAST_TARGET 0x3c /* u32 file offset of the page that a fast page stands for */
#define PAGE_DATA	 0x40
#define PAGE_RECORD_ENDS 0x0001

/* Record of the log file service. */
#define LFS_LSN		 0x00
#define LFS_UNDO_NEXT	 0x10
#define LFS_LENGTH	 0x18
#define LFS_CLIENT	 0x1c /* sequence and index: both 0 */
#define LFS_TYPE	 0x20
#define LFS_TRANSACTION	 0x24
#define LFS_FLAGS	 0x28
#define LFS_HEADER	 0x30
#define LFS_IS_RECORD	 1
#define LFS_IS_RESTART	 2
#define LFS_NO_REDO_DATA 0x0002
#define LFS_NO_UNDO_DATA 0x0004

/* Record of NTFS. */
#define REC_REDO_OP	   0x00
#define REC_UNDO_OP	   0x02
#define REC_REDO_OFFSET	   0x04
#define REC_REDO_LENGTH	   0x06
#define REC_UNDO_OFFSET	   0x08
#define REC_UNDO_LENGTH	   0x0a
#define REC_TARGET	   0x0c
#define REC_LCN_COUNT	   0x0e
#define REC_RECORD_OFFSET  0x10
#define REC_ATTR_OFFSET	   0x12
#define REC_CLUSTER_OFFSET 0x14 /* in blocks of 512 bytes */
#define REC_BLOCK_SIZE	   0x16 /* in blocks of 512 bytes; 0 where not said */
#define REC_VCN		   0x18
#define REC_LCNS	   0x20

/* Restart record of NTFS. */
#define CHECK_MAJOR	   0x00
#define CHECK_MINOR	   0x04
#define CHECK_START	   0x08
#define CHECK_ATTRIBUTES   0x10
#define CHECK_NAMES	   0x18
#define CHECK_PAGES	   0x20
#define CHECK_TRANSACTIONS 0x28
#define CHECK_SIZE	   0x40

/* Table of a dump. */
#define TABLE_ENTRY_SIZE 0x00
#define TABLE_ENTRIES	 0x02
#define TABLE_IN_USE	 0x04
#define TABLE_FIRST_FREE 0x10
#define TABLE_HEADER	 0x18
#define TABLE_ALLOCATED	 0xffffffffU
#define TRANSACTION_SIZE 0x28

enum log_operation {
	OP_NOOP = 0x00,
	OP_COMPENSATION = 0x01,
	OP_INITIALIZE_RECORD = 0x02,
	OP_DEALLOCATE_RECORD = 0x03,
	OP_WRITE_END_OF_RECORD = 0x04,
	OP_CREATE_ATTRIBUTE = 0x05,
	OP_DELETE_ATTRIBUTE = 0x06,
	OP_UPDATE_RESIDENT = 0x07,
	OP_UPDATE_NONRESIDENT = 0x08,
	OP_UPDATE_PAIRS = 0x09,
	OP_DELETE_DIRTY = 0x0a,
	OP_SET_SIZES = 0x0b,
	OP_ADD_ROOT_ENTRY = 0x0c,
	OP_DELETE_ROOT_ENTRY = 0x0d,
	OP_ADD_ENTRY = 0x0e,
	OP_DELETE_ENTRY = 0x0f,
	OP_WRITE_END_OF_INDEX = 0x10,
	OP_SET_ROOT_VCN = 0x11,
	OP_SET_VCN = 0x12,
	OP_UPDATE_ROOT_NAME = 0x13,
	OP_UPDATE_NAME = 0x14,
	OP_SET_BITS = 0x15,
	OP_CLEAR_BITS = 0x16,
	OP_HOT_FIX = 0x17,
	OP_END_TOP_LEVEL = 0x18,
	OP_PREPARE = 0x19,
	OP_COMMIT = 0x1a,
	OP_FORGET = 0x1b,
	OP_OPEN_ATTRIBUTE = 0x1c,
	OP_DUMP_ATTRIBUTES = 0x1d,
	OP_DUMP_NAMES = 0x1e,
	OP_DUMP_PAGES = 0x1f,
	OP_DUMP_TRANSACTIONS = 0x20,
	OP_UPDATE_ROOT_DATA = 0x21,
	OP_UPDATE_DATA = 0x22,
	OP_RELATIVE_ROOT_DATA = 0x23,
	OP_RELATIVE_DATA = 0x24,
	OP_ZERO_END_OF_RECORD = 0x25,
	OP_MAX,
};

#endif
