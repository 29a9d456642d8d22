/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moving bytes from a disk into a file, the fastest way each extent allows. Internal to vhd/. */
#ifndef HVGEN2_VHD_COPY_H
#define HVGEN2_VHD_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/disk.h"
#include "vhd/vhd.h"
#include "vhd/write_behind.h"

/* The pieces in which bytes pass through memory; larger ones leave the processor's cache. */
#define COPY_BUFFER (256 * 1024)

/* A run of data of a source file, and the hole before it. */
struct copy_run {
	int fd;
	uint64_t from;	/* from here on a hole */
	uint64_t start; /* up to here, then data */
	uint64_t end;	/* up to here; 0: no run is known */
};

/* Bytes of a source file that are still to be copied. */
struct copy_pending {
	uint64_t offset; /* of the disk */
	int fd;		 /* where they stand, at 'from' */
	uint64_t from;
	uint64_t to;
	uint64_t length; /* 0: there are none */
};

struct copy {
	struct disk *disk; /* copied from */
	int fd;		   /* the file written to */
	const char *name;  /* of it, for messages */
	uint8_t *buffer;   /* COPY_BUFFER bytes */
	/* The last one found: on tmpfs asking costs as much as the run is long. */
	struct copy_run run;
	/* Runs that follow on in both files are collected: a few large calls cost less. */
	struct copy_pending pending;
	struct write_behind behind;
	const struct vhd_progress *progress; /* told of what was copied; may be NULL */
};

/* Writing to the file failed with errno 'code': fills *err and returns -code. */
int copy_failed(const struct copy *copy, int code, struct error *err);

/*
 * Bring 'extent', which stands at 'offset' of the disk, to 'to' of the file, where nothing but
 * zeros stands yet; 'to' rises from call to call. Holes of a source file stay holes. What goes from
 * file to file may wait for a later call, or for copy_finish().
 */
int copy_extent(struct copy *copy, uint64_t offset, const struct disk_extent *extent, uint64_t to,
		struct error *err);

/*
 * The first data of the file 'fd' from 'at' on, and where they end; 'end' when there are none before it. 'run' is the last
 * answer. Returns 0 or a negative errno.
 */
int copy_find_data(struct copy_run *run, int fd, uint64_t at, uint64_t end, uint64_t *ret_start,
		   uint64_t *ret_end);

/* All of the disk in front of 'offset' is done with, but for what waits: tell it. */
void copy_tell(const struct copy *copy, uint64_t offset);

/* Copy what waits. */
int copy_finish(struct copy *copy, struct error *err);

/*
 * Is 'extent' nothing but zeros? Asks a few places first, so that it costs little where there is
 * data. Returns 1, 0 or a negative errno.
 */
int copy_extent_is_zero(struct copy *copy, uint64_t offset, const struct disk_extent *extent,
			struct error *err);

#endif
