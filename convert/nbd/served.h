/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The disk that is served: open files and a map that has been looked at. The map comes from a
 * process that has read what a guest wrote, so it is believed to be nothing but bytes; what is
 * valid of it can at worst give other bytes of these files. Any number of threads may use it at
 * once.
 */
#ifndef HVGEN2_CONVERT_NBD_SERVED_H
#define HVGEN2_CONVERT_NBD_SERVED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "convert/nbd/map.h"

struct served {
	struct map map;
	const struct map_piece *pieces; /* mapped; NULL: none */
	int files[MAP_FILES_MAX];	/* of the chain; map.file_count of them */
	int memory;
	atomic_bool is_changed; /* a file of the chain is no longer what it was */
};

#define SERVED_INIT                                                                                \
	{                                                                                          \
		.memory = -1                                                                       \
	}

/*
 * Serve by 'map', whose pieces stand in the memory file 'pieces' and whose changed bytes in
 * 'memory'; both are sealed. 'files' are the 'file_count' files of the chain. All descriptors are
 * taken over, 'pieces' too. Errors: ERROR_FAILED for a map that is not valid, and for a file that
 * is neither regular nor a block device, or not open for reading alone. *ret is to be released with
 * served_done() in every case.
 */
int served_open(const struct map *map, const struct map_sinks *sinks, size_t file_count,
		struct served *ret, struct error *err);

void served_done(struct served *served);

/*
 * Fill 'buffer'; the range is within the disk. ERROR_FAILED with EIO, and what failed, when it
 * cannot be read. When a file of the chain was changed, or cut, since it was opened, that is told
 * once; from then on every read is -EIO and *err stays as it is.
 */
int served_read(struct served *served, void *buffer, size_t length, uint64_t offset,
		struct error *err);

struct served_extent {
	uint64_t length; /* from the offset asked for; never 0 */
	bool is_zero;	 /* and takes no room: holes of the files too */
};

/* The extent at 'offset', within the disk. Errors as above. */
int served_extent(struct served *served, uint64_t offset, struct served_extent *ret,
		  struct error *err);

/* The range will be read soon. */
void served_cache(struct served *served, uint64_t length, uint64_t offset);

#endif
