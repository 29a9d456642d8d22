/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Device elements. Offsets below count from the start of a descriptor; the element puts 16 bytes of
 * options GUID in front of the outermost one. Layouts from real stores, agreeing with the Windows 8
 * symbols that ReactOS documents.
 *
 *   0x00 type   0 file or ramdisk, 5 boot, 6 partition, 8 locate; others exist (serial, network)
 *               and are kept as they are
 *   0x04 flags  0; 1 for a ramdisk
 *   0x08 size   of the descriptor
 *   0x0c 0
 *
 *   partition   0x10 partition id (GUID | u64 byte offset)
 *               0x20 local type 0 hard disk, 6 virtual disk
 *               0x24 style 0 GPT, 1 MBR
 *               0x28 disk id (GUID | u32 signature)
 *               0x38 sixteen zero bytes; virtual disk: the descriptor of the file instead
 *   disk        0x10 local type 6 virtual disk  0x14 style  0x18 disk id
 *               0x28 the descriptor of the file
 *   file        0x10 local type 5  0x14 file path
 *   ramdisk     0x10 local type 3  0x14 u64 base  0x1c u64 size  0x24 u32 offset  0x28 file path
 *   locate      0x10 kind 0 by element, 1 by path  0x14 element  0x18 offset of a parent or 0
 *               0x1c UTF-16 path, then the descriptor of the parent (the device to search), if any
 *
 *   file path   0x00 version 1  0x04 its length  0x08 path type 5  0x0c descriptor of the parent,
 *               then UTF-16 path
 */
#ifndef HVGEN2_BCD_DEVICE_FORMAT_H
#define HVGEN2_BCD_DEVICE_FORMAT_H

#include "bcd/device.h"

#define OPTIONS_SIZE 16

#define DESC_TYPE  0x00
#define DESC_FLAGS 0x04
#define DESC_SIZE  0x08
#define DESC_BODY  0x10

#define TYPE_LOCAL     0
#define TYPE_BOOT      5
#define TYPE_PARTITION 6
#define TYPE_LOCATE    8

#define PART_ID	   0x10
#define PART_LOCAL 0x20
#define PART_STYLE 0x24
#define PART_DISK  0x28
#define PART_FILE  0x38
#define PART_SIZE  0x48
#define STYLE_GPT  0
#define STYLE_MBR  1

#define LOCAL_DISK    0
#define LOCAL_RAMDISK 3
#define LOCAL_FILE    5
#define LOCAL_VHD     6

#define DISK_STYLE 0x14
#define DISK_ID	   0x18
#define DISK_FILE  0x28

#define FILE_PATH    0x14
#define RAMDISK_PATH 0x28
#define RAMDISK_FLAG 1

#define LOCATE_KIND    0x10
#define LOCATE_ELEMENT 0x14
#define LOCATE_PARENT  0x18
#define LOCATE_PATH    0x1c

#define PATH_VERSION	   0x00
#define PATH_LENGTH	   0x04
#define PATH_TYPE	   0x08
#define PATH_PARENT	   0x0c
#define PATH_TYPE_INTERNAL 5

/* A file on a virtual disk in a file on a partition has two parents; nothing real has more. */
#define MAX_DEPTH 4

/* Write a partition id and its style into a partition descriptor. */
void bcd_put_partition_id(uint8_t *desc, bool is_gpt, const struct bcd_partition_id *id);

/* Write type, flags and size. */
void bcd_put_device_header(uint8_t *desc, uint32_t type, uint32_t flags, size_t size);

#endif
