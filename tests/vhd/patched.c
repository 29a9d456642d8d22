/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A disk with changes on top of another one: see patched.h. */
#include "tests/vhd/patched.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "tests/vhd/support.h"

/* The extent at 'offset' and, for DISK_MEMORY, its bytes. */
static int locate(struct patched *p, uint64_t offset, struct disk_extent *ret,
		  const uint8_t **ret_bytes, struct error *err)
{
	uint64_t limit = p->disk.size - offset;
	int r = 0;

	for (size_t i = 0; i < p->count; i++) {
		uint64_t start = p->patch[i].offset, end = start + p->patch[i].length;

		if (offset >= start && offset < end) {
			*ret = (struct disk_extent){.kind = p->patch[i].bytes ? DISK_MEMORY
									      : DISK_ZERO,
						    .length = end - offset,
						    .fd = -1};
			*ret_bytes =
				p->patch[i].bytes ? p->patch[i].bytes + (offset - start) : NULL;
			return 0;
		}
		if (start > offset)
			limit = min_u64(limit, start - offset);
	}
	*ret_bytes = NULL;
	*ret = (struct disk_extent){.kind = DISK_HOLE, .length = limit, .fd = -1};
	if (offset < p->base->size)
		r = disk_extent(p->base, offset, ret, err);
	ret->length = min_u64(ret->length, limit);
	return r;
}

static int patched_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret,
			  struct error *err)
{
	const uint8_t *bytes;

	return locate((struct patched *)disk, offset, ret, &bytes, err);
}

static int patched_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
			struct error *err)
{
	struct patched *p = (struct patched *)disk;
	char *to = buffer;
	int r = 0;

	while (length > 0 && r == 0) {
		struct disk_extent extent;
		const uint8_t *bytes;
		size_t n;

		r = locate(p, offset, &extent, &bytes, err);
		n = (size_t)min_u64(length, extent.length);
		if (r == 0 && bytes)
			memcpy(to, bytes, n);
		else if (r == 0 && (extent.kind == DISK_DATA || extent.kind == DISK_MEMORY))
			r = disk_read(p->base, to, n, offset, err);
		else
			memset(to, 0, n);
		to += n;
		offset += n;
		length -= n;
	}
	return r;
}

static void patched_close(struct disk *disk)
{
	(void)disk;
}

void patched_init(struct patched *patched, struct disk *base, uint64_t size)
{
	static const struct disk_ops ops = {.read = patched_read,
					    .extent = patched_extent,
					    .close = patched_close};

	*patched = (struct patched){.disk = {.ops = &ops,
					     .name = "patched",
					     .size = size,
					     .sector_size = base->sector_size},
				    .base = base};
}

static void add_patch(struct patched *p, int fd, uint64_t offset, uint64_t length, uint64_t *state)
{
	uint8_t *bytes = calloc(1, length + 8);

	cr_assert(bytes);
	for (uint64_t i = 0; i < length; i += 8)
		put_le64(bytes + i, next_random(state));
	if (next_random(state) % 3 == 0)
		memset(bytes, 0, length);
	cr_assert_eq(pwrite(fd, bytes, length, (off_t)offset), (ssize_t)length);
	p->patch[p->count].offset = offset;
	p->patch[p->count].length = length;
	p->patch[p->count].bytes = bytes;
	if (is_zero(bytes, length) && next_random(state) % 2) {
		p->patch[p->count].bytes = NULL;
		free(bytes);
	}
	p->count++;
}

/* Each patch lies in its own stretch of the disk. */
void patched_randomise(struct patched *p, const char *oracle, unsigned int count,
		       uint64_t max_length, uint64_t *state, int whole_sectors)
{
	CLEANUP_FD int fd = open(oracle, O_RDWR | O_CLOEXEC);
	uint64_t unit = whole_sectors ? p->disk.sector_size : 1;
	uint64_t stretch = round_down(p->disk.size / count, p->disk.sector_size);

	cr_assert(fd >= 0);
	cr_assert_eq(ftruncate(fd, (off_t)p->disk.size), 0);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t skip = round_down(next_random(state) % stretch, unit);
		uint64_t length = round_down(next_random(state) % max_length, unit) + unit;

		add_patch(p, fd, i * stretch + skip, min_u64(length, stretch - skip), state);
	}
}

void patched_done(struct patched *patched)
{
	for (size_t i = 0; i < patched->count; i++)
		free(patched->patch[i].bytes);
	patched->count = 0;
}
