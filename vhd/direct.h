/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Copying from the page cache of one file straight to the device of another (O_DIRECT): the device
 * reads the source's pages, and no processor moves a byte. Internal to vhd/.
 */
#ifndef HVGEN2_VHD_DIRECT_H
#define HVGEN2_VHD_DIRECT_H

#include <stdint.h>

#define DIRECT_PAGE 4096
/* A call for less costs more than it saves. */
#define DIRECT_MIN (1024 * 1024)
/* On its way at once. The source's pages count as memory of the process meanwhile. */
#define DIRECT_WINDOW (16 * 1024 * 1024)

/*
 * Copy 'length' bytes, as far as they can be copied so: to local file systems known to do it well,
 * ext4 and XFS (Btrfs copies the bytes first, network file systems may copy on their server).
 * Offsets and length have to be multiples of DIRECT_PAGE: the kernel asks for less of the source,
 * but zram then writes other bytes (Linux 6.18). Returns the number of bytes, 0 when it cannot be
 * done at all, or the negative errno with which writing failed. Changes the flags of 'to' while it
 * runs.
 */
int64_t direct_copy(int from, uint64_t from_offset, int to, uint64_t to_offset, uint64_t length);

#endif
