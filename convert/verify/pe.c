/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The headers of a program, as far as a boot loader looks at them. */
#include "convert/verify/pe.h"

#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"

const char *verify_pe_fault(const uint8_t *bytes, size_t size, unsigned int subsystem)
{
	uint64_t header = size >= 64 ? get_le32(bytes + 0x3c) : 0;

	/* PE/COFF: DOS stub, "PE\0\0", COFF header (20 bytes), optional header with the subsystem
	 * at 68. */
	if (size < 64 || memcmp(bytes, "MZ", 2) != 0 || !range_within(header, 24 + 70, size) ||
	    memcmp(bytes + header, "PE\0\0", 4) != 0)
		return "is no PE file";
	if (get_le16(bytes + header + 4) != 0x8664 || get_le16(bytes + header + 24) != 0x20b)
		return "is no x64 program";
	if (subsystem != PE_SUBSYSTEM_ANY && get_le16(bytes + header + 24 + 68) != subsystem)
		return "is no EFI application";
	return NULL;
}
