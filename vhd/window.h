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

struct window {
	uint8_t *bytes;
	size_t capacity;
	uint64_t offset; /* in the file */
	size_t length;	 /* 0: empty */
};

int window_init(struct window *window, size_t capacity, struct error *err);

/*
 * A table stands at [start, end) of the file. The bytes from 'offset' (within it) on: *ret, and
 * *ret_available (> 0) is how many follow within the window. Windows start at multiples of their
 * capacity from 'start', so that entries whose size divides the capacity are never cut, and reading
 * backwards is no worse than forwards. Valid until the next call.
 */
int window_read(struct window *window, const struct image_file *file, uint64_t start, uint64_t end,
		uint64_t offset, const uint8_t **ret, size_t *ret_available, struct error *err);

void window_done(struct window *window);

#endif
