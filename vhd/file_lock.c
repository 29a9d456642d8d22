/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * QEMU's locks on images: see file_lock.h.
 *
 * QEMU and its tools lock single bytes for reading (OFD locks; block/file-posix.c of QEMU, "raw
 * lock"): byte 100 + n says 'I use permission n', byte 200 + n 'nobody else may use permission n'.
 * Permission 0 is to read what is consistent, 1 to write. So a VM that runs holds 100, 101 and 201,
 * and one that is told of our 201 does not start. A lock of the whole file, as other programs take
 * it, is seen as well. Hyper-V's own files never come with a lock.
 */
#include "vhd/file_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/checked.h"

#define READS	   100
#define WRITES	   101
#define NO_WRITERS 201

static struct flock lock_of(off_t byte, short type)
{
	return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
}

/* False when somebody has a lock of the byte that excludes readers. */
static bool hold(int fd, off_t byte)
{
	struct flock lock = lock_of(byte, F_RDLCK);

	return fcntl(fd, F_OFD_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES);
}

static bool is_held(int fd, off_t byte)
{
	struct flock lock = lock_of(byte, F_WRLCK);

	return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

int file_lock_for_reading(int fd)
{
	/* Ours first: a writer that comes between the two sees it. */
	if (!hold(fd, READS) || !hold(fd, NO_WRITERS) || is_held(fd, WRITES))
		return -EBUSY;
	return 0;
}
