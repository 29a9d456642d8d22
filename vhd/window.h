/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A part of a file in memory, read again when something outside of it is wanted: so that tables
 * which grow with the virtual disk take no more memory for a large one. Internal to vhd/.
 */
#ifndef HVGEN2_VHD_WINDOW_H
#define HVGEN2_VHD_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct image_file;

/* A table of the file, and the part of it that is in memory. */
struct window {
	uint8_t *bytes;
	size_t capacity;
	uint64_t start;	 /* of the table, in the file */
	uint64_t end;	 /* of the table: the first byte behind it */
	uint64_t offset; /* of the bytes in memory, in the file */
	size_t length;	 /* of the bytes in memory; 0: none yet */
};

/* A window of 'capacity' bytes, onto no table yet. ERROR_FAILED when memory has run out. */
int window_init(struct window *window, size_t capacity, struct error *err);

/*
 * Look onto the table at [start, end) of the file from now on. What is in memory is forgotten,
 * unless it is of this very table.
 */
void window_look_onto(struct window *window, uint64_t start, uint64_t end);

/*
 * The bytes of the table from 'offset' of the file (within the table) on: *ret, and *ret_available
 * (> 0) is how many follow within the window. Windows start at multiples of their capacity from the
 * start of the table, so that entries whose size divides the capacity are never cut, and reading
 * backwards is no worse than forwards. *ret is valid until the next call.
 */
int window_read(struct window *window, const struct image_file *file, uint64_t offset,
		const uint8_t **ret, size_t *ret_available, struct error *err);

void window_done(struct window *window);

#endif
