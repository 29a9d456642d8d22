/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A part of a file in memory: see window.h. */
#include "vhd/window.h"

#include <errno.h>
#include <stdlib.h>

#include "common/checked.h"
#include "vhd/image_file.h"

int window_init(struct window *window, size_t capacity, struct error *err)
{
	*window = (struct window){.bytes = malloc(capacity), .capacity = capacity};
	return window->bytes ? 0 : error_failed(err, ENOMEM, "out of memory");
}

void window_look_onto(struct window *window, uint64_t start, uint64_t end)
{
	if (start != window->start || end != window->end)
		window->length = 0;
	window->start = start;
	window->end = end;
}

int window_read(struct window *window, const struct image_file *file, uint64_t offset,
		const uint8_t **ret, size_t *ret_available, struct error *err)
{
	uint64_t skip;
	int r;

	if (offset < window->offset || offset >= window->offset + window->length) {
		window->offset =
			window->start + round_down(offset - window->start, window->capacity);
		window->length = (size_t)min_u64(window->capacity, window->end - window->offset);
		r = image_file_read(file, window->bytes, window->length, window->offset, err);
		if (r < 0) {
			window->length = 0;
			return r;
		}
	}
	skip = offset - window->offset;
	*ret = window->bytes + skip;
	*ret_available = window->length - (size_t)skip;
	return 0;
}

void window_done(struct window *window)
{
	free(window->bytes);
	*window = (struct window){.bytes = NULL};
}
