/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VHD on disk (Virtual Hard Disk Image Format Specification 1.0, October 2006). All integers are
 * big-endian, identifiers are bytes as they stand, a sector has 512 bytes.
 *
 *   fixed:    data | footer
 *   dynamic:  copy of the footer | header | BAT | parent locators | blocks ... | footer
 *   block:    bitmap | data
 */
#ifndef HVGEN2_VHD_VHD1_FORMAT_H
#define HVGEN2_VHD_VHD1_FORMAT_H

#include "common/checked.h"

#define VHD1_SECTOR 512

/* Footer ("Hard Disk Footer Format") */
#define VHD1_FOOTER_SIZE	512
#define VHD1_FOOTER_OLD_SIZE	511 /* written by Virtual PC before 2004 */
#define VHD1_COOKIE		"conectix"
#define VHD1_COOKIE_SIZE	8
#define VHD1_FEATURES_AT	8
#define VHD1_VERSION_AT		12
#define VHD1_VERSION		UINT32_C(0x00010000)
#define VHD1_DATA_OFFSET_AT	16
#define VHD1_TIMESTAMP_AT	24
#define VHD1_CREATOR_AT		28
#define VHD1_CREATOR_VERSION_AT 32
#define VHD1_CREATOR_HOST_AT	36
#define VHD1_ORIGINAL_SIZE_AT	40
#define VHD1_CURRENT_SIZE_AT	48
#define VHD1_GEOMETRY_AT	56
#define VHD1_TYPE_AT		60
#define VHD1_FOOTER_CHECKSUM_AT 64
#define VHD1_UNIQUE_ID_AT	68
#define VHD1_SAVED_STATE_AT	84
#define VHD1_TYPE_FIXED		2
#define VHD1_TYPE_DYNAMIC	3
#define VHD1_TYPE_DIFFERENCING	4

/* Header of dynamic and differencing disks ("Dynamic Disk Header Format") */
#define VHD1_HEADER_SIZE	   1024
#define VHD1_HEADER_COOKIE	   "cxsparse"
#define VHD1_HEADER_DATA_OFFSET_AT 8
#define VHD1_BAT_OFFSET_AT	   16
#define VHD1_HEADER_VERSION_AT	   24
#define VHD1_BAT_ENTRIES_AT	   28
#define VHD1_BLOCK_SIZE_AT	   32
#define VHD1_HEADER_CHECKSUM_AT	   36
#define VHD1_PARENT_ID_AT	   40
#define VHD1_PARENT_TIME_AT	   56
#define VHD1_PARENT_NAME_AT	   64 /* UTF-16BE */
#define VHD1_PARENT_NAME_SIZE	   512
#define VHD1_LOCATORS_AT	   576
#define VHD1_LOCATOR_COUNT	   8
#define VHD1_LOCATOR_SIZE	   24
#define VHD1_LOCATOR_LENGTH_AT	   8
#define VHD1_LOCATOR_OFFSET_AT	   16
#define VHD1_LOCATOR_ABSOLUTE	   "W2ku"     /* UTF-16LE */
#define VHD1_LOCATOR_RELATIVE	   "W2ru"     /* UTF-16LE */
#define VHD1_LOCATOR_MAX	   (64 * KIB) /* longer than any path of Windows */

/* BAT: absolute sector numbers of 32 bits. */
#define VHD1_BAT_ENTRY_SIZE 4
#define VHD1_NOT_ALLOCATED  UINT32_MAX

/* Windows makes blocks of 512 KiB and 2 MiB; what other tools could sensibly have made is read as
 * well. */
#define VHD1_BLOCK_SIZE_MIN (512 * KIB)
#define VHD1_BLOCK_SIZE_MAX (256 * MIB)
/* No dynamic disk is larger: sector numbers have 32 bits. Windows stops at 2040 GiB. */
#define VHD1_SIZE_MAX (2 * TIB)

#endif
