/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The map of a disk that is served: a list of pieces, each zero or found in an open file one to
 * one. It is made once, in the sandbox, from all that images, journals and changes say; who serves
 * then knows nothing but files and offsets, and any number of threads can use it at once.
 */
#ifndef HVGEN2_CONVERT_NBD_MAP_H
#define HVGEN2_CONVERT_NBD_MAP_H

#include <stdint.h>
#include <time.h>

#include "common/disk.h"

/* Files of a chain; vhd_open() takes no longer ones. */
#define MAP_FILES_MAX 64
/* 384 MiB of map: a disk of 16 TiB whose blocks of 1 MiB stand one by one. */
#define MAP_PIECES_MAX (UINT64_C(1) << 24)
/* What stands in no file: changes (1 GiB at most) and blocks that a log changes. */
#define MAP_MEMORY_MAX (UINT64_C(2) << 30)

#define MAP_ZERO   UINT64_MAX	    /* reads as zeros */
#define MAP_MEMORY (UINT64_MAX - 1) /* in the file of changed bytes */

/* From 'start' of the disk to the start of the next piece. */
struct map_piece {
	uint64_t start;
	uint64_t from;	 /* index of a file of the chain, or one of the above */
	uint64_t offset; /* in that file */
};

/* What a file of the chain was like when it was opened. */
struct map_file {
	uint64_t size;
	struct timespec modified, changed;
};

/* The numbers of a map, whose pieces and changed bytes stand in two memory files. */
struct map {
	uint64_t disk_size;
	uint64_t piece_count;
	uint64_t memory_size;
	uint64_t file_count;
	struct map_file files[MAP_FILES_MAX];
};

/* Descriptors of what it points into, and of the two memory files, which are empty. */
struct map_sinks {
	int files[MAP_FILES_MAX];
	int pieces, memory;
};

/*
 * Make the map of 'disk', whose extents stand in the files of sinks->files, the first
 * ret->file_count of them. Fills the other numbers of *ret. Errors: ERROR_FAILED with E2BIG for one
 * that would be larger than the above; I/O.
 */
int map_make(struct disk *disk, const struct map_sinks *sinks, struct map *ret, struct error *err);

#endif
