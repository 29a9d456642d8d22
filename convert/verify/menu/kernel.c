/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Linux kernel: see kernel.h. */
#include "convert/verify/menu/kernel.h"

#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"

/* boot.rst, "The Real-Mode Kernel Header". */
#define SETUP_SECTS    0x1f1
#define SYSSIZE	       0x1f4
#define BOOT_FLAG      0x1fe
#define HEADER	       0x202
#define VERSION	       0x206
#define XLOADFLAGS     0x236
#define HEADER_END     0x268
#define XLF_KERNEL_64  1
#define PARAGRAPH      16
#define SECTOR	       512
#define VERSION_XLOAD  0x020c
#define DEFAULT_SETUPS 4

/* Where the signatures begin and end by the PE header, whose certificate table stands in the fifth
 * directory of the optional header; 0 for none. */
static uint64_t certificate_end(const uint8_t *start, size_t size)
{
	uint64_t at = get_le32(start + 0x3c) + UINT64_C(24) + 112 + 4 * 8;
	uint32_t offset;

	if (!range_within(at, 8, size))
		return 0;
	offset = get_le32(start + at);
	return offset ? (uint64_t)offset + get_le32(start + at + 4) : 0;
}

/* The protected-mode code is counted in paragraphs, the last of which may be a part of one. */
static uint64_t code_end(const uint8_t *start)
{
	uint64_t setup = start[SETUP_SECTS] ? start[SETUP_SECTS] : DEFAULT_SETUPS;

	return (setup + 1) * SECTOR + (uint64_t)get_le32(start + SYSSIZE) * PARAGRAPH;
}

const char *verify_kernel_fault(const uint8_t *start, size_t size, uint64_t file_size)
{
	if (size < HEADER_END || get_le16(start + BOOT_FLAG) != 0xaa55 ||
	    memcmp(start + HEADER, "HdrS", 4) != 0)
		return "is no Linux kernel";
	if (get_le16(start + VERSION) < VERSION_XLOAD ||
	    !(get_le16(start + XLOADFLAGS) & XLF_KERNEL_64))
		return "is no kernel for x64 of Linux 3.8 or later";
	if (memcmp(start, "MZ", 2) != 0)
		return "has no EFI stub";
	if (file_size + PARAGRAPH <= code_end(start) || file_size < certificate_end(start, size))
		return "is cut short";
	return NULL;
}
