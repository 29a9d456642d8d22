/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The change set against a plain byte array that suffers the same operations. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/checked.h"
#include "convert/changes.h"

#define SOURCE_SIZE (3 * MIB)
#define TARGET_SIZE (9 * MIB)

/* A source whose every extent is shorter than it could be, with a hole in it. */
struct memory_disk {
	struct disk disk;
	uint8_t *bytes;
};

static int memory_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	(void)err;
	memcpy(buffer, ((struct memory_disk *)disk)->bytes + offset, length);
	return 0;
}

static int memory_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret,
			 struct error *err)
{
	bool hole = offset / MIB == 1;

	(void)err;
	*ret = (struct disk_extent){.kind = hole ? DISK_HOLE : DISK_DATA,
				    .length = min_u64(MIB - offset % MIB, disk->size - offset),
				    .fd = hole ? -1 : 99,
				    .file_offset = offset};
	return 0;
}

static void memory_close(struct disk *disk)
{
	(void)disk;
}

static const struct disk_ops memory_ops = {memory_read, NULL, memory_extent, memory_close};

static const struct changes_range ranges[] = {
	{.target = 4 * MIB, .source = 1 * MIB - 512, .length = MIB + 1024},
	{.target = 6 * MIB, .source = 2 * MIB, .length = MIB},
};

static struct memory_disk source;
static struct disk *changes;
static uint8_t *oracle;

static void set_up(void)
{
	struct error err = ERROR_INIT;

	source = (struct memory_disk){.disk = {.ops = &memory_ops,
					       .name = "source",
					       .size = SOURCE_SIZE,
					       .sector_size = 512},
				      .bytes = malloc(SOURCE_SIZE)};
	for (size_t i = 0; i < SOURCE_SIZE; i++)
		source.bytes[i] = i / MIB == 1 ? 0 : (uint8_t)(i * 2654435761U >> 24);
	oracle = calloc(1, TARGET_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		memcpy(oracle + ranges[i].target, source.bytes + ranges[i].source,
		       ranges[i].length);
	cr_assert_eq(changes_open(&source.disk, TARGET_SIZE, ranges, ARRAY_SIZE(ranges), 64 * MIB,
				  &changes, &err),
		     0, "%s", err.message);
}

static void tear_down(void)
{
	disk_close(changes);
	free(source.bytes);
	free(oracle);
}

static void assert_equals_oracle(void)
{
	uint8_t *all = malloc(TARGET_SIZE);

	cr_assert_eq(disk_read(changes, all, TARGET_SIZE, 0, NULL), 0);
	cr_assert_eq(memcmp(all, oracle, TARGET_SIZE), 0);
	free(all);
}

/* Every extent tells the truth about the bytes it covers, and they cover the disk without a gap. */
static void assert_extents_tell_the_truth(void)
{
	for (uint64_t at = 0; at < TARGET_SIZE;) {
		struct disk_extent extent;

		cr_assert_eq(disk_extent(changes, at, &extent, NULL), 0);
		cr_assert(extent.length > 0 && extent.length <= TARGET_SIZE - at);
		if (extent.kind == DISK_HOLE)
			cr_assert(oracle[at] == 0 &&
				  memcmp(oracle + at, oracle + at + 1, extent.length - 1) == 0);
		if (extent.kind == DISK_DATA)
			cr_assert_eq(memcmp(oracle + at, source.bytes + extent.file_offset,
					    extent.length),
				     0);
		at += extent.length;
	}
}

TestSuite(changes, .init = set_up, .fini = tear_down);

Test(changes, maps_ranges_and_leaves_holes)
{
	struct disk_extent extent;

	assert_equals_oracle();
	assert_extents_tell_the_truth();
	cr_assert_eq(disk_extent(changes, 0, &extent, NULL), 0);
	cr_assert_eq(extent.kind, DISK_HOLE);
	cr_assert_eq(extent.length, 4 * MIB);
	cr_assert_eq(changes_bytes(changes), 0);
}

Test(changes, survives_random_writes)
{
	unsigned int seed = (unsigned int)time(NULL);
	static uint8_t buffer[300 * 1024];

	cr_log_info("seed %u", seed);
	for (int round = 0; round < 300; round++) {
		size_t length = (size_t)rand_r(&seed) % (round % 8 ? 3000 : sizeof(buffer));
		uint64_t offset = (uint64_t)rand_r(&seed) % (TARGET_SIZE - length);

		for (size_t i = 0; i < length; i++)
			buffer[i] = (uint8_t)rand_r(&seed);
		cr_assert_eq(disk_write(changes, buffer, length, offset, NULL), 0);
		memcpy(oracle + offset, buffer, length);
		length = (size_t)rand_r(&seed) % sizeof(buffer);
		offset = (uint64_t)rand_r(&seed) % (TARGET_SIZE - length);
		cr_assert_eq(disk_read(changes, buffer, length, offset, NULL), 0);
		cr_assert_eq(memcmp(buffer, oracle + offset, length), 0, "seed %u, round %d", seed,
			     round);
	}
	assert_equals_oracle();
	assert_extents_tell_the_truth();
}

Test(changes, counts_changed_sectors_once)
{
	cr_assert_eq(disk_write(changes, "abc", 3, 4 * MIB + 510, NULL), 0);
	cr_assert_eq(changes_bytes(changes), 1024);
	cr_assert_eq(disk_write(changes, "abc", 3, 4 * MIB + 600, NULL), 0);
	cr_assert_eq(changes_bytes(changes), 1024);
}

Test(changes, stops_at_its_limit)
{
	struct error err = ERROR_INIT;
	struct disk *small;
	uint8_t sectors[3 * 512] = {0};

	cr_assert_eq(changes_open(&source.disk, TARGET_SIZE, ranges, ARRAY_SIZE(ranges), 1024,
				  &small, &err),
		     0);
	cr_assert_eq(disk_write(small, sectors, 1024, 0, &err), 0);
	cr_assert_eq(disk_write(small, sectors, sizeof(sectors), 0, &err), -ENOMEM);
	disk_close(small);
}

Test(changes, refuses_bad_ranges)
{
	const struct changes_range overlap[] = {{0, 0, 1024}, {512, 0, 512}};
	const struct changes_range beyond_source[] = {{0, SOURCE_SIZE - 512, 1024}};
	const struct changes_range unaligned[] = {{0, 1, 512}};
	struct disk *disk;

	cr_assert_eq(changes_open(&source.disk, MIB, overlap, 2, MIB, &disk, NULL), -EINVAL);
	cr_assert_eq(changes_open(&source.disk, MIB, beyond_source, 1, MIB, &disk, NULL), -EINVAL);
	cr_assert_eq(changes_open(&source.disk, MIB, unaligned, 1, MIB, &disk, NULL), -EINVAL);
}
