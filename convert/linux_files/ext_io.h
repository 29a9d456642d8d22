/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What libext2fs reads through: a 'struct disk' as its io_manager. It makes no system call of its
 * own, so that the library works in the sandbox, and writing is answered by EXT2_ET_RO_FILSYS.
 *
 * Metadata may lead in circles, so that each task gets an allowance of bytes; a library that asks
 * for more is told EXT2_ET_SHORT_READ, and ext_io_error() says why.
 */
#ifndef HVGEN2_CONVERT_LINUX_FILES_EXT_IO_H
#define HVGEN2_CONVERT_LINUX_FILES_EXT_IO_H

#include <et/com_err.h>
#include <ext2fs/ext2fs.h>
#include <stdint.h>

#include "common/disk.h"
#include "common/error.h"

/* What has been read last, in aligned pieces: the library reads block by block, and the same blocks
 * of metadata again for each. */
#define EXT_IO_PIECE  (64 * 1024)
#define EXT_IO_PIECES 8

struct ext_io {
	struct disk *disk;		  /* borrowed */
	uint8_t *pieces;		  /* of malloc, or NULL; whose 'io' is frees it */
	uint64_t piece_at[EXT_IO_PIECES]; /* offset + 1; 0 for none */
	unsigned int next_piece;
	uint64_t allowance;
	bool is_spent;	      /* more than the allowance was asked for */
	struct error problem; /* of the disk; ERROR_NONE when it had none */
};

/* The manager, and the name by which ext2fs_open() tells it which 'io' is meant; 'io' must outlive
 * the file system. */
#define EXT_IO_NAME_SIZE 24
io_manager ext_io_manager(void);
void ext_io_name(const struct ext_io *io, char name[EXT_IO_NAME_SIZE]);

/* A new task may read so many bytes, each read counted as 1 KiB at least. */
void ext_io_allow(struct ext_io *io, uint64_t bytes);

/* The library has failed with 'code' at 'subject' (a path): the error of the disk, memory, or
 * ERROR_DAMAGED. */
int ext_io_error(const struct ext_io *io, errcode_t code, const char *subject, struct error *err);

#endif
