/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What goes between grub-fstest, to which our library (grub_disk.c) shows the disk as a file, and who
 * has the disk: one message a request, one an answer, by the socket that is its standard input.
 */
#ifndef HVGEN2_CONVERT_GRUB_READER_PIECES_H
#define HVGEN2_CONVERT_GRUB_READER_PIECES_H

#include <stdint.h>

#define PIECE_MOST 65536

struct piece_request {
	uint64_t offset, size; /* bytes; at most PIECE_MOST */
};

/* The first request has this offset and no size, and no answer: the library is loaded, and speaks as
 * is written here. */
#define PIECES_GREETING UINT64_C(0x6876676e32313031)

/* In front of the bytes, which are all that were asked for when 'code', an errno, is 0. */
struct piece_answer {
	uint64_t code;
};

/* The library, which is also the name of the file that is the disk. */
#define PIECES_LIBRARY "hvgen2-grub-disk.so"

/* In the environment of grub-fstest: how many bytes the disk has. */
#define PIECES_SIZE "HVGEN2_DISK_SIZE"

#endif
