/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The footer of a fixed VHD around a VMGS: the last 512 bytes of the file, big-endian (VHD
 * specification 1.0). */
#ifndef HVGEN2_NVRAM_VHD_FOOTER_H
#define HVGEN2_NVRAM_VHD_FOOTER_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/error.h"
#include "common/guid.h"

#define VHD_FOOTER_SIZE 512

/* As openvmm writes it: no geometry, time or creator. */
void vhd_footer_build(uint64_t virtual_size, const struct guid *id, uint8_t ret[VHD_FOOTER_SIZE]);

/* Check the footer at the end of 'file'; *ret_virtual_size is what stands before it. */
int vhd_footer_parse(const struct file_bytes *file, uint64_t *ret_virtual_size, struct error *err);

#endif
