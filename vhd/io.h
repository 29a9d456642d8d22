/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole reads and writes at offsets, and the search for data in a host file. Internal to vhd/. */
#ifndef HVGEN2_VHD_IO_H
#define HVGEN2_VHD_IO_H

#include <stddef.h>
#include <stdint.h>

/* Read 'length' bytes at 'offset'; -ENODATA when the file ends before. Returns 0 or a negative
 * errno. */
int io_read(int fd, void *buffer, size_t length, uint64_t offset);

/* Write 'length' bytes at 'offset'. Returns 0 or a negative errno. */
int io_write(int fd, const void *buffer, size_t length, uint64_t offset);

/*
 * The first run of bytes within [offset, end) that the file system stores, the rest being holes of
 * the host file. With no such run *ret_start is 'end'. A file system that cannot tell gives the
 * whole range. Returns 0 or a negative errno.
 */
int io_find_data(int fd, uint64_t offset, uint64_t end, uint64_t *ret_start, uint64_t *ret_end);

#endif
