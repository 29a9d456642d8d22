/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The end of the log of XFS: see xfs_log.h. It is a ring of blocks of 512 bytes. Each begins with the
 * number of the round in which it was written, but for the first of a record, in which that follows a
 * magic number. So the end is where the number changes, and the last record stands before it.
 */
#include "convert/linux_files/xfs_log.h"

#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"

#define BLOCK 512U

/* The superblock (Linux, fs/xfs/libxfs/xfs_format.h), big-endian as all is. */
#define SUPER_BLOCK_SIZE 4
#define SUPER_LOG_START	 48 /* block: the number of its group above, that in the group below */
#define SUPER_AG_BLOCKS	 84
#define SUPER_LOG_BLOCKS 96
#define SUPER_AG_BITS	 124 /* of the lower part */

/* A record (Linux, fs/xfs/libxfs/xfs_log_format.h): header, then operations, each with its own. */
#define RECORD_MAGIC	 0xfeedbabeU
#define RECORD_CYCLE	 4
#define RECORD_VERSION	 8
#define RECORD_LENGTH	 12  /* bytes behind the header */
#define RECORD_COUNT	 40  /* operations */
#define RECORD_BUFFER	 320 /* bytes: of version 2 the header has a block for each 32 KiB of them */
#define RECORD_MAX	 (256 * KIB)
#define OPERATION_FLAGS	 9
#define OPERATION_CLOSES 0x20

struct xfs_log {
	struct disk *disk;
	uint64_t offset, blocks; /* its place on the disk, bytes; its length */
	struct error *err;
};

/* False when it does not lie within the disk. */
static bool find_log(struct disk *disk, const uint8_t *super, struct xfs_log *ret)
{
	uint64_t size = get_be32(super + SUPER_BLOCK_SIZE),
		 start = get_be64(super + SUPER_LOG_START);
	uint64_t length = get_be32(super + SUPER_LOG_BLOCKS) * size, block, offset;
	unsigned int bits = super[SUPER_AG_BITS];

	if (start == 0 || bits > 31 || size < BLOCK || size % BLOCK || length == 0 ||
	    !mul_u64(start >> bits, get_be32(super + SUPER_AG_BLOCKS), &block) ||
	    !add_u64(block, start & ((UINT64_C(1) << bits) - 1), &block) ||
	    !mul_u64(block, size, &offset) || !range_within(offset, length, disk->size))
		return false;
	ret->disk = disk;
	ret->offset = offset;
	ret->blocks = length / BLOCK;
	return true;
}

/* A block by its number, counted on from the last one to the first. */
static int read_block(const struct xfs_log *log, uint64_t number, uint8_t block[BLOCK])
{
	return disk_read(log->disk, block, BLOCK, log->offset + number % log->blocks * BLOCK,
			 log->err);
}

static int read_cycle(const struct xfs_log *log, uint64_t number, uint32_t *ret)
{
	uint8_t block[BLOCK];
	int r = read_block(log, number, block);

	if (r == 0)
		*ret = get_be32(block + (get_be32(block) == RECORD_MAGIC ? RECORD_CYCLE : 0));
	return r;
}

/* The first block of another round than block 0; the number of blocks when there is none. */
static int find_end(const struct xfs_log *log, uint32_t *ret_cycle, uint64_t *ret)
{
	uint64_t low = 0, high = log->blocks;
	uint32_t cycle = 0;
	int r = read_cycle(log, 0, ret_cycle);

	while (r == 0 && high - low > 1) {
		uint64_t middle = low + (high - low) / 2;

		r = read_cycle(log, middle, &cycle);
		if (cycle == *ret_cycle)
			low = middle;
		else
			high = middle;
	}
	*ret = high;
	return r;
}

/* The last record before 'end', which goes around; its number is log->blocks when there is none. */
static int find_record(const struct xfs_log *log, uint64_t end, uint8_t header[BLOCK],
		       uint64_t *ret)
{
	uint64_t most = min_u64(log->blocks, 2 * RECORD_MAX / BLOCK);

	for (uint64_t back = 1; back <= most; back++) {
		int r = read_block(log, end + log->blocks - back, header);

		*ret = (end + log->blocks - back) % log->blocks;
		if (r < 0 || get_be32(header) == RECORD_MAGIC)
			return r;
	}
	*ret = log->blocks;
	return 0;
}

static uint64_t header_blocks(const uint8_t *header)
{
	uint64_t buffer = get_be32(header + RECORD_BUFFER);

	if (!(get_be32(header + RECORD_VERSION) & 2) || buffer <= 32 * KIB)
		return 1;
	return min_u64(div_round_up(buffer, 32 * KIB), RECORD_MAX / (32 * KIB));
}

/* Is the record before 'end' the one that is written when it is unmounted? */
static int is_closed(const struct xfs_log *log, uint64_t end, bool *ret)
{
	uint8_t header[BLOCK], data[BLOCK];
	uint64_t record, behind;
	int r = find_record(log, end, header, &record);

	*ret = false;
	if (r < 0 || record == log->blocks || get_be32(header + RECORD_COUNT) != 1)
		return r;
	behind = record + header_blocks(header);
	r = read_block(log, behind, data);
	behind += div_round_up(get_be32(header + RECORD_LENGTH), BLOCK);
	*ret = r == 0 && data[OPERATION_FLAGS] & OPERATION_CLOSES &&
	       behind % log->blocks == end % log->blocks;
	return r;
}

int xfs_log_is_dirty(struct disk *disk, const uint8_t super[XFS_LOG_SUPER], bool *ret,
		     struct error *err)
{
	struct xfs_log log = {.err = err};
	uint32_t cycle = 0;
	uint64_t end;
	bool closed = false;
	int r;

	*ret = false;
	if (!find_log(disk, super, &log))
		return 0;
	r = find_end(&log, &cycle, &end);
	if (r < 0 || cycle == 0) /* nothing was ever written to it */
		return r;
	r = is_closed(&log, end, &closed);
	*ret = r == 0 && !closed;
	return r;
}
