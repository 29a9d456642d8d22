/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Log pages over a file: see overlay.h. */
#include "vhd/overlay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "vhd/io.h"
#include "vhd/vhdx_format.h"

static uint64_t range_end(const struct overlay_range *range)
{
	return range->offset + range->length;
}

/* The first range that ends after 'offset'; 'count' when there is none. */
static size_t find_range(const struct overlay *overlay, uint64_t offset)
{
	size_t low = 0, high = overlay->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (range_end(&overlay->ranges[middle]) > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static int reserve_ranges(struct overlay *overlay, size_t count)
{
	size_t capacity = overlay->capacity ? overlay->capacity : 64;
	struct overlay_range *ranges;

	while (capacity < count)
		capacity *= 2;
	if (capacity == overlay->capacity)
		return 0;
	ranges = reallocarray(overlay->ranges, capacity, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	overlay->ranges = ranges;
	overlay->capacity = capacity;
	return 0;
}

int overlay_add(struct overlay *overlay, const struct overlay_range *range)
{
	size_t first = find_range(overlay, range->offset), last = first, n = 0;
	struct overlay_range put[3];
	uint64_t end = range_end(range);

	/* Ranges [first, last) are hit; only a run of zeros can stick out, on either side. */
	while (last < overlay->count && overlay->ranges[last].offset < end)
		last++;
	if (first < last && overlay->ranges[first].offset < range->offset) {
		put[n] = overlay->ranges[first];
		put[n].length = range->offset - put[n].offset;
		n++;
	}
	put[n++] = *range;
	if (first < last && range_end(&overlay->ranges[last - 1]) > end) {
		put[n] = overlay->ranges[last - 1];
		put[n].length = range_end(&put[n]) - end;
		put[n].offset = end;
		n++;
	}
	if (reserve_ranges(overlay, overlay->count + n) < 0)
		return -ENOMEM;
	memmove(overlay->ranges + first + n, overlay->ranges + last,
		(overlay->count - last) * sizeof(*overlay->ranges));
	memcpy(overlay->ranges + first, put, n * sizeof(*put));
	overlay->count = overlay->count - (last - first) + n;
	return 0;
}

/* The bytes of the page whose data sector stands in the log. */
static int read_page(const struct overlay_range *range, int fd, uint8_t page[OVERLAY_PAGE])
{
	int r = io_read(fd, page, OVERLAY_PAGE, range->source);

	if (r < 0)
		return r;
	memcpy(page, range->leading, sizeof(range->leading));
	memcpy(page + VHDX_DATA_LOW_AT, range->trailing, sizeof(range->trailing));
	return 0;
}

int overlay_apply(const struct overlay *overlay, int fd, void *buffer, size_t length,
		  uint64_t offset)
{
	uint8_t page[OVERLAY_PAGE];

	for (size_t i = find_range(overlay, offset); i < overlay->count; i++) {
		const struct overlay_range *range = &overlay->ranges[i];
		uint64_t start = max_u64(range->offset, offset);
		uint64_t end = min_u64(range_end(range), offset + length);
		uint8_t *to = (uint8_t *)buffer + (start - offset);
		int r = 0;

		if (range->offset >= offset + length)
			break;
		if (range->source == 0)
			memset(to, 0, end - start);
		else if ((r = read_page(range, fd, page)) == 0)
			memcpy(to, page + (start - range->offset), end - start);
		if (r < 0)
			return r;
	}
	return 0;
}

uint64_t overlay_run(const struct overlay *overlay, uint64_t offset, uint64_t length,
		     bool *ret_covered)
{
	size_t i = find_range(overlay, offset);

	*ret_covered = i < overlay->count && overlay->ranges[i].offset <= offset;
	if (i == overlay->count)
		return length;
	if (*ret_covered)
		return min_u64(length, range_end(&overlay->ranges[i]) - offset);
	return min_u64(length, overlay->ranges[i].offset - offset);
}

void overlay_done(struct overlay *overlay)
{
	free(overlay->ranges);
	*overlay = (struct overlay){.ranges = NULL};
}
