/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VMGS version 1, the guest state file of an ordinary Hyper-V generation 2 VM: a fixed VHD with a
 * GPT; in its one partition two headers, each with two locators, and a JSON text in UTF-16LE.
 *
 *   Devices["ac6b8dc1-3257-4a70-b1b2-a9c9215659ad"].States.Nvram.Vendors[vendor].Variables[name] =
 *       {"Attributes": 7, "Data": [1, 0, ...]}
 *
 * Known from HyperSine's vmgs-utils and openvmm's vmgs_json; how the host itself updates it is not
 * public. So an existing file is edited where its text stands; one made from nothing is an
 * experiment.
 */
#ifndef HVGEN2_NVRAM_VMGS1_LAYOUT_H
#define HVGEN2_NVRAM_VMGS1_LAYOUT_H

#include <stdint.h>

#include "common/guid.h"

#define VMGS1_PARTITION_TYPE GUID(0x700f0c12, 0x1515, 0x4e4d, 0x8d32, 0x53f685bf44af)
#define VMGS1_BIOS	     "ac6b8dc1-3257-4a70-b1b2-a9c9215659ad"

#define VMGS1_SECTOR	    512U
#define VMGS1_MIN_PARTITION (2 * VMGS1_SECTOR) /* both headers */

/* The header, at the start of sectors 0 and 1 of the partition. */
#define VMGS1_SIGNATURE	     0x00
#define VMGS1_VERSION	     0x08
#define VMGS1_CHECKSUM	     0x0c /* CRC-32 of the header with this field 0 */
#define VMGS1_SEQUENCE	     0x10 /* the larger one is active */
#define VMGS1_LENGTH	     0x14
#define VMGS1_LOCATOR_LENGTH 0x18
#define VMGS1_ACTIVE	     0x1c /* locator 0 or 1 */
#define VMGS1_LOCATORS	     0x20
#define VMGS1_HEADER_SIZE    0x60U
#define VMGS1_VERSION_1	     0x00010000U

/* A locator */
#define VMGS1_LOCATOR_SECTOR  0x00 /* u64, from the start of the partition */
#define VMGS1_LOCATOR_SECTORS 0x08 /* u64 */
#define VMGS1_LOCATOR_SIZE    0x10 /* u32, bytes in use */
#define VMGS1_LOCATOR_ENTRY   0x20U

/* Of a header, with its field for the checksum taken as 0. */
uint32_t vmgs1_checksum(const uint8_t *header);

#endif
