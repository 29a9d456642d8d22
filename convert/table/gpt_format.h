/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of a GPT header and of its entries (UEFI 2.10 tables 5.5 and 5.6), for its reader and
 * its writer. */
#ifndef HVGEN2_CONVERT_TABLE_GPT_FORMAT_H
#define HVGEN2_CONVERT_TABLE_GPT_FORMAT_H

#define GPT_SIGNATURE	"EFI PART"
#define GPT_REVISION	0x00010000
#define GPT_HEADER_SIZE 92
#define GPT_HEADER_LBA	1

#define GPT_HEADER_SIGNATURE	0
#define GPT_HEADER_REVISION	8
#define GPT_HEADER_HEADER_SIZE	12
#define GPT_HEADER_CRC		16
#define GPT_HEADER_MY_LBA	24
#define GPT_HEADER_OTHER_LBA	32
#define GPT_HEADER_FIRST_USABLE 40
#define GPT_HEADER_LAST_USABLE	48
#define GPT_HEADER_DISK_GUID	56
#define GPT_HEADER_ARRAY_LBA	72
#define GPT_HEADER_ENTRIES	80
#define GPT_HEADER_ENTRY_SIZE	84
#define GPT_HEADER_ARRAY_CRC	88

#define GPT_ENTRY_SIZE	     128
#define GPT_ENTRY_TYPE	     0
#define GPT_ENTRY_UNIQUE     16
#define GPT_ENTRY_FIRST	     32
#define GPT_ENTRY_LAST	     40
#define GPT_ENTRY_ATTRIBUTES 48
#define GPT_ENTRY_NAME	     56
#define GPT_ENTRY_NAME_SIZE  72

/* The protective MBR: one partition from sector 1 to the end of the disk, or as far as 32 bits
 * reach. */
#define GPT_MBR_START	  1
#define GPT_MBR_MAX_COUNT 0xffffffff

#endif
