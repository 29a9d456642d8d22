/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the container's reader share. */
#ifndef HVGEN2_CONVERT_VM_READ_VMCX_INTERNAL_H
#define HVGEN2_CONVERT_VM_READ_VMCX_INTERNAL_H

#include "convert/vm/read/tree.h"

/* Key tables in use, by their index; those that are not there have length 0. Real files have eight
 * of 4 KiB. */
struct vmcx_table {
	uint64_t offset;
	uint32_t length;
	uint16_t sequence;
};
#define VMCX_MAX_TABLES 4096

/* The CRC-32 of 'size' bytes, those of the field at 'crc_at' taken as zero. */
uint32_t vmcx_crc(const uint8_t *data, size_t size, size_t crc_at);

/* Is 'a' later than 'b'? Sequences are serial numbers: they may wrap. */
bool vmcx_is_later(uint16_t a, uint16_t b);

/* The keys of all tables as a tree. As vmcx_read(). */
int vmcx_read_keys(const struct file_bytes *file, const struct vmcx_table *tables,
		   struct vm_tree *ret, struct error *err);

#endif
