/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moving bytes from a disk into a file, the fastest way each extent allows. Internal to vhd/. */
#ifndef HVGEN2_VHD_COPY_H
#define HVGEN2_VHD_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/disk.h"

/* The pieces in which bytes pass through memory; larger ones leave the processor's cache. */
#define COPY_BUFFER (256 * 1024)

/* A run of data of a source file, and the hole before it. */
struct copy_run {
	int fd;
	uint64_t from;	/* from here on a hole */
	uint64_t start; /* up to here, then data */
	uint64_t end;	/* up to here; 0: no run is known */
};

struct copy {
	int fd;		  /* the file written to */
	const char *name; /* of it, for messages */
	uint8_t *buffer;  /* COPY_BUFFER bytes */
	/* The last one found: on tmpfs asking costs as much as the run is long. */
	struct copy_run run;
};

/* Writing to the file failed with errno 'code': fills *err and returns -code. */
int copy_failed(const struct copy *copy, int code, struct error *err);

/*
 * Bring 'extent', which stands at 'offset' of 'disk', to 'to' of the file, where nothing but zeros
 * stands yet. Holes of a source file stay holes. *ret_stored is set (never cleared) when something
 * was written.
 */
int copy_extent(struct copy *copy, struct disk *disk, uint64_t offset,
		const struct disk_extent *extent, uint64_t to, bool *ret_stored, struct error *err);

/*
 * Is 'extent' nothing but zeros? Asks a few places first, so that it costs little where there is
 * data. Returns 1, 0 or a negative errno.
 */
int copy_extent_is_zero(struct copy *copy, struct disk *disk, uint64_t offset,
			const struct disk_extent *extent, struct error *err);

#endif
