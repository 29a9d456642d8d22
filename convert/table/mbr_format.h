/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the partition table stands in the first sector (UEFI 2.10 table 5.1); an EBR has the same
 * shape. */
#ifndef HVGEN2_CONVERT_TABLE_MBR_FORMAT_H
#define HVGEN2_CONVERT_TABLE_MBR_FORMAT_H

#define MBR_SIZE	     512
#define MBR_SIGNATURE_OFFSET 440
#define MBR_ENTRIES_OFFSET   446
#define MBR_ENTRIES	     4
#define MBR_ENTRY_SIZE	     16
#define MBR_MAGIC_OFFSET     510
#define MBR_MAGIC	     0xaa55

/* Fields of an entry. */
#define MBR_ENTRY_STATUS    0
#define MBR_ENTRY_CHS_FIRST 1
#define MBR_ENTRY_TYPE	    4
#define MBR_ENTRY_CHS_LAST  5
#define MBR_ENTRY_START	    8
#define MBR_ENTRY_SECTORS   12

#define MBR_TYPE_LDM	    0x42 /* dynamic disk */
#define MBR_TYPE_RECOVERY   0x27 /* Windows RE, hidden NTFS */
#define MBR_TYPE_PROTECTIVE 0xee /* the disk is GPT */

#endif
