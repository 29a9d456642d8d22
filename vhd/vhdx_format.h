/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VHDX on disk (MS-VHDX, the VHDX open specification; section numbers below). All integers are
 * little-endian. Names ending in _AT are byte offsets within the structure named by the prefix,
 * _SIZE are bytes.
 *
 *   0         64 KiB     128 KiB    192 KiB    256 KiB    320 KiB    1 MiB
 *   | ident.  | header 1 | header 2 | regions1 | regions2 | reserved | log, metadata, BAT, blocks
 */
#ifndef HVGEN2_VHD_VHDX_FORMAT_H
#define HVGEN2_VHD_VHDX_FORMAT_H

#include "common/checked.h"
#include "common/guid.h"

/* Alignment of the log, the regions and all blocks; size of the area in front of them (2.1). */
#define VHDX_ALIGNMENT MIB

/* File identifier (2.2.1) */
#define VHDX_SIGNATURE	    "vhdxfile"
#define VHDX_SIGNATURE_SIZE 8
#define VHDX_CREATOR_AT	    8
#define VHDX_CREATOR_SIZE   512

/* Headers (2.2.2) */
#define VHDX_HEADER_OFFSET(i)	   (64 * KIB * (1 + (uint64_t)(i)))
#define VHDX_HEADER_SIZE	   4096
#define VHDX_HEADER_SIGNATURE	   "head"
#define VHDX_HEADER_CHECKSUM_AT	   4
#define VHDX_HEADER_SEQUENCE_AT	   8
#define VHDX_HEADER_FILE_WRITE_AT  16
#define VHDX_HEADER_DATA_WRITE_AT  32
#define VHDX_HEADER_LOG_GUID_AT	   48
#define VHDX_HEADER_LOG_VERSION_AT 64
#define VHDX_HEADER_VERSION_AT	   66
#define VHDX_HEADER_LOG_LENGTH_AT  68
#define VHDX_HEADER_LOG_OFFSET_AT  72
#define VHDX_HEADER_RESERVED_AT	   80
#define VHDX_VERSION		   1

/* Region tables (2.2.3) */
#define VHDX_REGIONS_OFFSET(i)	 (64 * KIB * (3 + (uint64_t)(i)))
#define VHDX_REGIONS_SIZE	 (64 * KIB)
#define VHDX_REGIONS_SIGNATURE	 "regi"
#define VHDX_REGIONS_CHECKSUM_AT 4
#define VHDX_REGIONS_COUNT_AT	 8
#define VHDX_REGIONS_RESERVED_AT 12
#define VHDX_REGIONS_ENTRIES_AT	 16
#define VHDX_REGIONS_MAX	 2047
#define VHDX_REGION_SIZE	 32
#define VHDX_REGION_OFFSET_AT	 16
#define VHDX_REGION_LENGTH_AT	 24
#define VHDX_REGION_FLAGS_AT	 28
#define VHDX_REGION_REQUIRED	 UINT32_C(1)
#define VHDX_REGION_BAT		 GUID(0x2dc27766, 0xf623, 0x4200, 0x9d64, 0x115e9bfd4a08)
#define VHDX_REGION_METADATA	 GUID(0x8b7ca206, 0x4790, 0x4b9a, 0xb8fe, 0x575f050f886e)

/* Log (2.3) */
#define VHDX_LOG_SECTOR		    4096
#define VHDX_LOG_MAX		    GIB /* a bound of sanity; Microsoft's portable reader has the same */
#define VHDX_ENTRY_SIGNATURE	    "loge"
#define VHDX_ENTRY_CHECKSUM_AT	    4
#define VHDX_ENTRY_LENGTH_AT	    8
#define VHDX_ENTRY_TAIL_AT	    12
#define VHDX_ENTRY_SEQUENCE_AT	    16
#define VHDX_ENTRY_COUNT_AT	    24
#define VHDX_ENTRY_GUID_AT	    32
#define VHDX_ENTRY_FLUSHED_AT	    48
#define VHDX_ENTRY_LAST_AT	    56
#define VHDX_ENTRY_HEADER_SIZE	    64
#define VHDX_DESCRIPTOR_SIZE	    32
#define VHDX_DESCRIPTOR_DATA	    "desc"
#define VHDX_DESCRIPTOR_ZERO	    "zero"
#define VHDX_DESCRIPTOR_TRAILING_AT 4
#define VHDX_DESCRIPTOR_LEADING_AT  8
#define VHDX_DESCRIPTOR_LENGTH_AT   8
#define VHDX_DESCRIPTOR_OFFSET_AT   16
#define VHDX_DESCRIPTOR_SEQUENCE_AT 24
#define VHDX_DATA_SIGNATURE	    "data"
#define VHDX_DATA_HIGH_AT	    4
#define VHDX_DATA_PAYLOAD_AT	    8
#define VHDX_DATA_LOW_AT	    4092

/* Metadata region (2.6) */
#define VHDX_METADATA_SIGNATURE	   "metadata"
#define VHDX_METADATA_TABLE_SIZE   (64 * KIB)
#define VHDX_METADATA_RESERVED_AT  8
#define VHDX_METADATA_COUNT_AT	   10
#define VHDX_METADATA_RESERVED2_AT 12
#define VHDX_METADATA_ENTRIES_AT   32
#define VHDX_METADATA_MAX	   2047
#define VHDX_ITEM_SIZE		   32
#define VHDX_ITEM_OFFSET_AT	   16
#define VHDX_ITEM_LENGTH_AT	   20
#define VHDX_ITEM_FLAGS_AT	   24
#define VHDX_ITEM_RESERVED_AT	   28
#define VHDX_ITEM_USER		   UINT32_C(1)
#define VHDX_ITEM_VIRTUAL_DISK	   UINT32_C(2)
#define VHDX_ITEM_REQUIRED	   UINT32_C(4)
#define VHDX_ITEM_MAX_LENGTH	   MIB

#define VHDX_FILE_PARAMETERS GUID(0xcaa16737, 0xfa36, 0x4d43, 0xb3b6, 0x33f0aa44e76b)
#define VHDX_DISK_SIZE	     GUID(0x2fa54224, 0xcd1b, 0x4876, 0xb211, 0x5dbed83bf4b8)
#define VHDX_DISK_ID	     GUID(0xbeca12ab, 0xb2e6, 0x4523, 0x93ef, 0xc309e000c746)
#define VHDX_LOGICAL_SECTOR  GUID(0x8141bf1d, 0xa96f, 0x4709, 0xba47, 0xf233a8faab5f)
#define VHDX_PHYSICAL_SECTOR GUID(0xcda348c7, 0x445d, 0x4471, 0x9cc9, 0xe9885251c556)
#define VHDX_PARENT_LOCATOR  GUID(0xa8d35f2d, 0xb30b, 0x454d, 0xabf7, 0xd3d84834ab0c)
/* Present while Microsoft's tools are creating a file; not in the specification. */
#define VHDX_INCOMPLETE_FILE GUID(0x71cc85f0, 0x1b69, 0x4e28, 0x9558, 0xc3bf83ae75d3)

#define VHDX_LEAVE_ALLOCATED UINT32_C(1)
#define VHDX_HAS_PARENT	     UINT32_C(2)
#define VHDX_BLOCK_SIZE_MIN  MIB
#define VHDX_BLOCK_SIZE_MAX  (256 * MIB)
#define VHDX_DISK_SIZE_MAX   (64 * TIB)

/* Parent locator (2.6.2.6) */
#define VHDX_LOCATOR_TYPE	   GUID(0xb04aefb7, 0xd19e, 0x4a81, 0xb789, 0x25b8e9445913)
#define VHDX_LOCATOR_COUNT_AT	   18
#define VHDX_LOCATOR_ENTRIES_AT	   20
#define VHDX_LOCATOR_ENTRY_SIZE	   12
#define VHDX_LOCATOR_VALUE_AT	   4
#define VHDX_LOCATOR_KEY_LENGTH_AT 8
#define VHDX_LOCATOR_VAL_LENGTH_AT 10

/* Block allocation table (2.5): entries of 64 bits, state in bits 0-2, file offset in MiB in bits
 * 20-63. */
#define VHDX_BAT_ENTRY_SIZE  8
#define VHDX_BAT_STATE(e)    ((unsigned int)((e)&7))
#define VHDX_BAT_OFFSET(e)   ((e) & ~(uint64_t)(MIB - 1))
#define VHDX_BAT_RESERVED(e) ((e) & (MIB - 1) & ~UINT64_C(7))
#define VHDX_CHUNK_SECTORS                                                                         \
	(UINT64_C(1) << 23) /* logical sectors described by one bitmap block (2.4) */
#define VHDX_BITMAP_SIZE MIB

enum vhdx_state {
	VHDX_NOT_PRESENT = 0,
	VHDX_UNDEFINED = 1,
	VHDX_ZERO = 2,
	VHDX_UNMAPPED = 3,
	/* UNMAPPED in the 0.95 draft of the specification; qemu still reads it so. Now reserved, as
	   is 4. */
	VHDX_UNMAPPED_DRAFT = 5,
	VHDX_FULLY_PRESENT = 6,
	VHDX_PARTIALLY_PRESENT = 7,
	VHDX_STATE_MAX
};

#endif
