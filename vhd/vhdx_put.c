/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of a VHDX being written: see vhdx_put.h. */
#include "vhd/vhdx_put.h"

#include "vhd/io.h"

int vhdx_put(struct vhdx_writer *w, const void *bytes, size_t length, uint64_t offset)
{
	int r = io_write(w->copy.fd, bytes, length, offset);

	return r < 0 ? copy_failed(&w->copy, -r, w->err) : 0;
}
