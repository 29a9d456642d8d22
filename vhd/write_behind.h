/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A large file on its way to the device while it is still being written. Internal to vhd/.
 *
 * Pieces of the file are sent to the device as soon as they are complete, and leave the page cache
 * once they are there. So the sync at the end has little to wait for, the cache keeps the source
 * and what else the host needs, and the same memory is used again and again: in a virtual machine,
 * the first use of memory that was free for long costs several times as much. What is written
 * directly (direct.h) is there already.
 */
#ifndef HVGEN2_VHD_WRITE_BEHIND_H
#define HVGEN2_VHD_WRITE_BEHIND_H

#include <stdint.h>

#include "vhd/vhd.h"

/* Enough for the device to work at its best speed. */
#define WRITE_BEHIND_PIECE (32ULL * 1024 * 1024)
/* How much may be on its way; what is smaller is never waited for. */
#define WRITE_BEHIND_LEAD VHD_WRITE_LEAD

struct write_behind {
	int fd;
	uint64_t sent;	  /* below this the kernel was asked to write */
	uint64_t settled; /* below this it has written; at most 'sent' */
};

/*
 * The file is complete up to 'end' (what is written again later is only slower). Returns 0, or the
 * negative errno with which writing to the device failed: fsync() may not tell it again. What the
 * file system cannot do is not done.
 */
int write_behind(struct write_behind *state, uint64_t end);

#endif
