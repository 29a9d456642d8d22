/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making the map of a disk: see map.h. */
#include "convert/nbd/map.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"

#define CHUNK	MIB	       /* of memory, read at once */
#define UNIT	UINT64_C(4096) /* of memory, looked at for zeros */
#define WAITING 4096	       /* pieces that are written at once */

struct maker {
	struct disk *disk;
	const struct map_sinks *sinks;
	struct map *map;
	uint8_t *chunk;
	struct map_piece *waiting;
	size_t count; /* of those */
};

static int put(int fd, const void *bytes, size_t length, uint64_t offset, struct error *err)
{
	const uint8_t *from = bytes;

	while (length > 0) {
		ssize_t n = pwrite(fd, from, length, (off_t)offset);

		if (n < 0 && errno != EINTR)
			return error_errno(err, "cannot keep the map of the disk");
		if (n > 0) {
			from += n;
			offset += (uint64_t)n;
			length -= (size_t)n;
		}
	}
	return 0;
}

static int flush(struct maker *maker, struct error *err)
{
	struct map *map = maker->map;
	int r = put(maker->sinks->pieces, maker->waiting, maker->count * sizeof(*maker->waiting),
		    map->piece_count * sizeof(*maker->waiting), err);

	map->piece_count += maker->count;
	maker->count = 0;
	return r;
}

static bool continues(const struct map_piece *last, const struct map_piece *piece)
{
	if (last->from != piece->from)
		return false;
	return piece->from == MAP_ZERO ||
	       piece->offset - last->offset == piece->start - last->start;
}

static int add(struct maker *maker, const struct map_piece *piece, struct error *err)
{
	int r = 0;

	if (maker->count > 0 && continues(&maker->waiting[maker->count - 1], piece))
		return 0;
	if (maker->count == WAITING)
		r = flush(maker, err);
	if (r == 0 && maker->map->piece_count + maker->count == MAP_PIECES_MAX)
		return error_failed(err, E2BIG,
				    "'%s' is in more than %" PRIu64
				    " pieces; convert it with 'hvgen2 convert'",
				    maker->disk->name, MAP_PIECES_MAX);
	maker->waiting[maker->count++] = *piece;
	return r;
}

/* Some bytes that stand in no file. */
static int add_bytes(struct maker *maker, const uint8_t *bytes, size_t length, uint64_t start,
		     struct error *err)
{
	struct map *map = maker->map;
	const struct map_piece zero = {.start = start, .from = MAP_ZERO};
	const struct map_piece piece = {start, MAP_MEMORY, map->memory_size};
	int r;

	if (is_zero(bytes, length))
		return add(maker, &zero, err);
	if (map->memory_size + length > MAP_MEMORY_MAX)
		return error_failed(err, E2BIG,
				    "'%s' has more than %" PRIu64
				    " MiB that must be kept in memory; convert it with 'hvgen2 "
				    "convert'",
				    maker->disk->name, MAP_MEMORY_MAX / MIB);
	r = put(maker->sinks->memory, bytes, length, map->memory_size, err);
	if (r == 0)
		r = add(maker, &piece, err);
	map->memory_size += length;
	return r;
}

static int add_memory(struct maker *maker, uint64_t start, uint64_t length, struct error *err)
{
	int r = 0;

	for (uint64_t done = 0, now; r == 0 && done < length; done += now) {
		now = min_u64(length - done, CHUNK);
		r = disk_read(maker->disk, maker->chunk, (size_t)now, start + done, err);
		for (uint64_t at = 0, part; r == 0 && at < now; at += part) {
			part = min_u64(now - at, UNIT - (start + done + at) % UNIT);
			r = add_bytes(maker, maker->chunk + at, (size_t)part, start + done + at,
				      err);
		}
	}
	return r;
}

static int add_data(struct maker *maker, uint64_t start, const struct disk_extent *extent,
		    struct error *err)
{
	for (uint64_t i = 0; i < maker->map->file_count; i++) {
		const struct map_piece piece = {start, i, extent->file_offset};

		if (maker->sinks->files[i] == extent->fd)
			return add(maker, &piece, err);
	}
	return error_failed(err, EBADF, "'%s': a part of it stands in an unknown file",
			    maker->disk->name);
}

static int add_extent(struct maker *maker, uint64_t start, const struct disk_extent *extent,
		      struct error *err)
{
	const struct map_piece zero = {.start = start, .from = MAP_ZERO};

	if (extent->kind == DISK_DATA)
		return add_data(maker, start, extent, err);
	return extent->kind == DISK_MEMORY ? add_memory(maker, start, extent->length, err)
					   : add(maker, &zero, err);
}

int map_make(struct disk *disk, const struct map_sinks *sinks, struct map *ret, struct error *err)
{
	CLEANUP_FREE uint8_t *chunk = malloc(CHUNK);
	CLEANUP_FREE struct map_piece *waiting = calloc(WAITING, sizeof(*waiting));
	struct maker maker = {disk, sinks, ret, chunk, waiting, 0};
	struct disk_extent extent;
	int r = 0;

	if (!chunk || !waiting)
		return error_failed(err, ENOMEM, "out of memory");
	ret->disk_size = disk->size;
	ret->piece_count = ret->memory_size = 0;
	for (uint64_t at = 0; r == 0 && at < disk->size; at += extent.length) {
		r = disk_extent(disk, at, &extent, err);
		if (r == 0)
			r = add_extent(&maker, at, &extent, err);
	}
	return r < 0 ? r : flush(&maker, err);
}
