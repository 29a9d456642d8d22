/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The container in which Hyper-V keeps configurations from version 6.2 on (.vmcx, .vmrs,
 * data.vmcx). Little-endian, packed; offsets are absolute in the file. There is no specification:
 * measured on five files, in which all of 1308 keys, 1135 object entries, 30 log entries and 48
 * headers have the checksums that are said here. Names and file objects after the readers of
 * others.
 *
 *   0x0000  header 1    of both, the valid one with the later sequence counts
 *   0x1000  header 2
 *   0x2000  object table (at twice the size of a header): where everything else is
 *   0x3000  key tables, values of their own, replay log, in any order
 *
 *   Header, 46 bytes                           Replay log, 34 bytes, then its entries
 *      0  4  signature 0x01282014                 0  4  signature 0x01110003
 *      4  4  CRC of the header                    4  4  CRC of these 34 bytes
 *      8  2  sequence                             8  4  number of entries; 0: closed
 *     10  4  version 0x0400                      12  22 ...
 *     14  8  ...                               Entry, 28 bytes
 *     22  4  alignment of data                    0  8  where in the file
 *     26  8  replay log: offset                   8  4  how many bytes
 *     34  8  replay log: size                    12  4  where they are, from the start of the log
 *     42  4  size of a header                    16  4  ...
 *                                                20  4  CRC of the entry
 *                                                24  4  CRC of the bytes
 *
 *   Object table, 8 bytes, then its entries    Key table, 10 bytes, then keys up to one of size 0
 *      0  4  signature 0x01110001                 0  2  signature 2
 *      4  4  number of entries                    2  2  index, from 1; of two with the same one
 *   Entry, 18 bytes                               4  2  sequence   the later sequence counts
 *      0  1  type                                 6  4  CRC of these 10 bytes
 *      1  4  CRC of the entry
 *      5  8  offset                            Key, 21 bytes, name, value, slack
 *     13  4  size                                 0  1  type
 *     17  1  1: in use                            1  1  flags
 *                                                 2  4  size of all of it
 *                                                 6  2  parent: index of its table; 0: none
 *                                                 8  4  parent: its offset in that table
 *                                                12  4  CRC of head, name and value, without slack
 *                                                16  4  order among siblings
 *                                                20  1  size of the name with its NUL
 *
 * A checksum is zlib's CRC-32 with its own field taken as zero.
 */
#ifndef HVGEN2_CONVERT_VM_READ_VMCX_FORMAT_H
#define HVGEN2_CONVERT_VM_READ_VMCX_FORMAT_H

#define VMCX_HEADER_SIZE      46
#define VMCX_HEADER_CRC	      4
#define VMCX_HEADER_SEQUENCE  8
#define VMCX_HEADER_VERSION   10
#define VMCX_HEADER_ALIGNMENT 22
#define VMCX_HEADER_LOG	      26
#define VMCX_HEADER_LOG_SIZE  34
#define VMCX_HEADER_OWN_SIZE  42
#define VMCX_HEADER_2	      0x1000 /* where the second one is */
#define VMCX_SIGNATURE	      0x01282014
#define VMCX_VERSION	      0x0400

#define VMCX_LOG_SIZE	   34
#define VMCX_LOG_SIGNATURE 0x01110003
#define VMCX_LOG_CRC	   4
#define VMCX_LOG_COUNT	   8

#define VMCX_CHANGE_SIZE     28
#define VMCX_CHANGE_LENGTH   8
#define VMCX_CHANGE_FROM     12
#define VMCX_CHANGE_CRC	     20
#define VMCX_CHANGE_DATA_CRC 24

#define VMCX_OBJECTS_SIZE      8
#define VMCX_OBJECTS_SIGNATURE 0x01110001
#define VMCX_OBJECT_SIZE       18
#define VMCX_OBJECT_CRC	       1
#define VMCX_OBJECT_OFFSET     5
#define VMCX_OBJECT_LENGTH     13
#define VMCX_OBJECT_IN_USE     17

enum vmcx_object {
	VMCX_OBJECT_NONE = 0,
	VMCX_OBJECT_MORE = 1, /* the next object table */
	VMCX_OBJECT_KEYS = 2, /* a key table */
};

#define VMCX_KEYS_SIZE	    10
#define VMCX_KEYS_SIGNATURE 2
#define VMCX_KEYS_INDEX	    2
#define VMCX_KEYS_SEQUENCE  4
#define VMCX_KEYS_CRC	    6

#define VMCX_KEY_SIZE	       21
#define VMCX_KEY_FLAGS	       1
#define VMCX_KEY_LENGTH	       2
#define VMCX_KEY_PARENT	       6
#define VMCX_KEY_PARENT_OFFSET 8
#define VMCX_KEY_CRC	       12
#define VMCX_KEY_ORDER	       16
#define VMCX_KEY_NAME_SIZE     20

#define VMCX_KEY_FREE	  1 /* a slot without a key; its CRC is 0 */
#define VMCX_KEY_INTEGER  3 /* 8 bytes, signed */
#define VMCX_KEY_UNSIGNED 4 /* 8 bytes */
#define VMCX_KEY_REAL	  5 /* 8 bytes */
#define VMCX_KEY_STRING	  6 /* size (4 bytes), UTF-16LE */
#define VMCX_KEY_BYTES	  7 /* size (4 bytes), bytes */
#define VMCX_KEY_BOOL	  8 /* 4 bytes */
#define VMCX_KEY_NODE	  9 /* 12 bytes */

/* The value is elsewhere: size (4 bytes), offset in the file (8); a string without its size. */
#define VMCX_FLAG_ELSEWHERE 0x01
#define VMCX_ELSEWHERE_SIZE 12

#endif
