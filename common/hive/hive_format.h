/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a registry hive, and of its logs (M. Suhanov, "Windows registry file format
 * specification"; its sections are named below). Integers are little-endian.
 *
 *   0x0000  base block
 *   0x1000  bins, each a header and cells without gaps; the first one here
 *
 * Places within the bins ("offsets") count from 0x1000 and name the size field of a cell.
 */
#ifndef HVGEN2_COMMON_HIVE_HIVE_FORMAT_H
#define HVGEN2_COMMON_HIVE_HIVE_FORMAT_H

#include <stdint.h>

/* "Base block" */
#define REGF_SEQUENCE_1 4 /* u32; not equal to the second: the newest data stand in the logs */
#define REGF_SEQUENCE_2 8
#define REGF_TIME	12 /* u64 */
#define REGF_MAJOR	20
#define REGF_MINOR	24
#define REGF_TYPE	28
#define REGF_FORMAT	32 /* 1: direct memory load */
#define REGF_ROOT	36 /* offset of the root key */
#define REGF_BINS_SIZE	40
#define REGF_CLUSTERING 44
#define REGF_FLAGS	144
#define REGF_CHECKSUM	508 /* over the 508 bytes before it */
#define REGF_SIZE	4096

#define REGF_TYPE_HIVE	    0
#define REGF_TYPE_OLD_LOG   1
#define REGF_TYPE_OLDER_LOG 2 /* Windows 2000 */
#define REGF_TYPE_NEW_LOG   6

/* "Hive bin": "hbin", then cells */
#define HBIN_OFFSET 4 /* of this bin, from the first one */
#define HBIN_SIZE   8
#define HBIN_HEADER 32
#define HBIN_UNIT   4096 /* bins are a multiple of it */

/* "Cell": i32 size with this field, negative while in use. The fields below count from behind it. */
#define CELL_SIZE    4
#define CELL_UNIT    8 /* sizes and offsets are multiples of it */
#define HIVE_NO_CELL UINT32_MAX

/* "Key node": "nk" */
#define NK_FLAGS	2
#define NK_TIME		4 /* of the last change */
#define NK_PARENT	16
#define NK_SUBKEYS	20 /* how many */
#define NK_SUBKEYS_LIST 28
#define NK_VOLATILE	32
#define NK_VALUES	36 /* how many */
#define NK_VALUES_LIST	40
#define NK_SECURITY	44
#define NK_CLASS	48
#define NK_MAX_CLASS	56 /* the longest class of the subkeys, in bytes */
#define NK_NAME_LENGTH	72
#define NK_CLASS_LENGTH 74
#define NK_NAME		76

#define NK_TIME_SIZE 8

#define NK_FLAG_ASCII 0x0020 /* the name has one byte a character, else it is UTF-16 */

/* "Index leaf", "Fast leaf", "Hash leaf", "Index root": "li", "lf", "lh", "ri" */
#define LIST_COUNT   2
#define LIST_ENTRIES 4 /* of 4 bytes, in fast and hash leaves of 8 */

/* "Key value": "vk" */
#define VK_NAME_LENGTH 2
#define VK_DATA_LENGTH 4
#define VK_DATA	       8
#define VK_TYPE	       12
#define VK_FLAGS       16
#define VK_NAME	       20

#define VK_INLINE     UINT32_C(0x80000000) /* in the length: the data stand in VK_DATA itself */
#define VK_FLAG_ASCII 0x0001

/* "Big data": "db" */
#define DB_COUNT 2
#define DB_LIST	 4
#define DB_SIZE	 8

/* "Key security": "sk" */
#define SK_NEXT	      4
#define SK_PREVIOUS   8
#define SK_REFERENCES 12
#define SK_LENGTH     16
#define SK_DESCRIPTOR 20

/* Logs: "Old format" has a bitmap here, "New format" entries ("HvLE"), both behind the base block. */
#define LOG_SECTOR  512
#define DIRT_BITMAP 4 /* behind "DIRT" */

#define HVLE_SIZE     0x04
#define HVLE_FLAGS    0x08
#define HVLE_SEQUENCE 0x0c
#define HVLE_BINS     0x10
#define HVLE_PAGES    0x14
#define HVLE_HASH_1   0x18
#define HVLE_HASH_2   0x20
#define HVLE_REFS     0x28
#define HVLE_REF_SIZE 8

#define HVLE_FLAG_SAVED 1 /* the only flag that entries carry */

#endif
