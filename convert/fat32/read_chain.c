/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Chains of clusters: see reader.h.
 *
 * A chain is followed to its end, also when less of it is wanted: one that runs in a circle would
 * otherwise give bytes that are not the file's. It can have no more links than the volume has
 * clusters; so that a large volume does not keep us busy, the links that nobody wants are counted
 * as well.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "convert/fat32/reader.h"

#define FIRST_CLUSTER 2

/* Space that a program set aside behind the end of a file; Windows gives at most some MiB. */
#define MAX_SURPLUS_LINKS UINT32_C(65536)

int fat_damaged(const char *path, struct error *err, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_damaged(err, "'%s': %s", path, text);
}

/* Load the piece of the FAT with the byte at 'offset' of it. */
static int load_fat(struct fat_volume *volume, uint64_t offset, struct error *err)
{
	uint64_t piece = round_down(offset, FAT_CACHE_BYTES);
	size_t length = min_u64(FAT_CACHE_BYTES, volume->fat_length - piece);
	int r;

	if (volume->cached == piece)
		return 0;
	volume->cached = UINT64_MAX;
	r = disk_read(volume->disk, volume->cache, length, volume->fat_offset + piece, err);
	if (r == 0)
		volume->cached = piece;
	return r;
}

/* The entry of a cluster that is within the volume; the four reserved bits of FAT32 are no part. */
static int fat_entry(struct fat_volume *volume, uint32_t cluster, uint32_t *ret, struct error *err)
{
	uint64_t offset = (uint64_t)cluster * volume->bits / 8;
	const uint8_t *at = volume->cache + offset % FAT_CACHE_BYTES;
	int r = load_fat(volume, offset, err);

	if (r < 0)
		return r;
	if (volume->bits == 32)
		*ret = get_le32(at) & 0x0fffffff;
	else if (volume->bits == 16)
		*ret = get_le16(at);
	else
		*ret = cluster % 2 ? get_le16(at) >> 4 : get_le16(at) & 0xfff;
	return 0;
}

static bool is_within(const struct fat_volume *volume, uint32_t cluster)
{
	return cluster >= FIRST_CLUSTER && cluster - FIRST_CLUSTER < volume->cluster_count;
}

/* Marks of the end of a chain: the last eight values of an entry. */
static bool is_end(const struct fat_volume *volume, uint32_t entry)
{
	uint32_t last = volume->bits == 32 ? 0x0fffffff : (UINT32_C(1) << volume->bits) - 1;

	return entry >= last - 7;
}

/* Where a walk along a chain stands. */
struct walk {
	const struct fat_chain *chain;
	uint32_t cluster; /* 0 behind the end */
	uint32_t links;
	uint32_t seen; /* an earlier cluster: whoever meets it again runs in a circle (Brent) */
	uint32_t next_seen;
};

static int start_walk(const struct fat_chain *chain, struct walk *ret, struct error *err)
{
	if (!is_within(chain->volume, chain->first))
		return fat_damaged(chain->path, err,
				   "its first cluster %" PRIu32
				   " is not within the volume, which has "
				   "%" PRIu32,
				   chain->first, chain->volume->cluster_count);
	*ret = (struct walk){.chain = chain,
			     .cluster = chain->first,
			     .links = 1,
			     .seen = chain->first,
			     .next_seen = 2};
	return 0;
}

static int step(struct walk *walk, struct error *err)
{
	struct fat_volume *volume = walk->chain->volume;
	uint32_t entry = 0;
	int r = fat_entry(volume, walk->cluster, &entry, err);

	if (r < 0)
		return r;
	if (is_end(volume, entry)) {
		walk->cluster = 0;
		return 0;
	}
	if (!is_within(volume, entry))
		return fat_damaged(walk->chain->path, err,
				   "cluster %" PRIu32 " is followed by %" PRIu32
				   ", which is no cluster of a file",
				   walk->cluster, entry);
	if (entry == walk->seen || walk->links == volume->cluster_count)
		return fat_damaged(walk->chain->path, err,
				   "its chain of clusters from %" PRIu32 " on runs in a circle",
				   walk->chain->first);
	walk->cluster = entry;
	if (++walk->links == walk->next_seen) {
		walk->seen = entry;
		walk->next_seen =
			walk->next_seen > UINT32_MAX / 2 ? UINT32_MAX : walk->next_seen * 2;
	}
	return 0;
}

/* See whether what is left of the chain ends. */
static int check_rest(struct walk *walk, struct error *err)
{
	for (uint32_t i = 0; walk->cluster; i++) {
		int r = step(walk, err);

		if (r < 0)
			return r;
		if (i == MAX_SURPLUS_LINKS)
			return fat_damaged(walk->chain->path, err,
					   "more than %" PRIu32
					   " clusters behind its end belong to it",
					   MAX_SURPLUS_LINKS);
	}
	return 0;
}

static int read_cluster(const struct walk *walk, uint8_t *buffer, size_t size, struct error *err)
{
	const struct fat_volume *volume = walk->chain->volume;
	uint64_t number = walk->cluster - FIRST_CLUSTER;

	return disk_read(volume->disk, buffer, size,
			 volume->data_offset + number * volume->cluster_size, err);
}

int fat_chain_read(const struct fat_chain *chain, uint8_t *buffer, size_t size, struct error *err)
{
	struct walk walk;
	int r = start_walk(chain, &walk, err);

	for (size_t done = 0; r == 0 && done < size;) {
		size_t length = min_u64(chain->volume->cluster_size, size - done);

		if (!walk.cluster)
			return fat_damaged(chain->path, err,
					   "its chain of clusters ends after %zu of %zu bytes",
					   done, size);
		r = read_cluster(&walk, buffer + done, length, err);
		if (r == 0)
			r = step(&walk, err);
		done += length;
	}
	return r < 0 ? r : check_rest(&walk, err);
}

int fat_chain_read_all(const struct fat_chain *chain, size_t max_size, uint8_t **ret,
		       size_t *ret_size, struct error *err)
{
	uint32_t cluster_size = chain->volume->cluster_size;
	CLEANUP_FREE uint8_t *buffer = NULL;
	struct walk walk;
	uint64_t size = 0;
	int r = start_walk(chain, &walk, err);

	for (; r == 0 && walk.cluster; size += cluster_size) {
		if (size >= max_size)
			return fat_damaged(chain->path, err,
					   "it has more than the %zu bytes that are credible",
					   max_size);
		r = step(&walk, err);
	}
	if (r < 0)
		return r;
	buffer = malloc(size);
	if (!buffer)
		return error_failed(err, ENOMEM, "out of memory");
	r = fat_chain_read(chain, buffer, size, err);
	if (r < 0)
		return r;
	*ret = TAKE(buffer);
	*ret_size = size;
	return 0;
}
