/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of a VHDX being written. Internal to vhd/. */
#ifndef HVGEN2_VHD_VHDX_PUT_H
#define HVGEN2_VHD_VHDX_PUT_H

#include <stddef.h>
#include <stdint.h>

#include "vhd/vhdx_writer.h"

/* Write 'length' bytes at 'offset' of the file. Fills w->err on failure. */
int vhdx_put(struct vhdx_writer *w, const void *bytes, size_t length, uint64_t offset);

#endif
