/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Random images, random changes, random shapes of output, random reads: all against the oracle. The
 * seed of a run is printed; VHD_TEST_SEED repeats one, VHD_TEST_ROUNDS makes it longer.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/checked.h"
#include "tests/vhd/build.h"
#include "tests/vhd/patched.h"
#include "tests/vhd/support.h"

TestSuite(random, .fini = support_clean, .timeout = 3600);

#define ALL STATES(MAY_BE(0) MAY_BE(1) MAY_BE(2) MAY_BE(3) MAY_BE(5) MAY_BE(6) MAY_BE(7))

struct round {
	uint64_t state;
	uint64_t size;
	uint32_t sector_size;
	unsigned int number; /* of the next image */
	char *oracle;
	char *last; /* path of the topmost image so far */
};

static uint64_t pick(struct round *r, uint64_t below)
{
	return next_random(&r->state) % below;
}

static uint32_t pick_block_size(struct round *r)
{
	return (uint32_t)(MIB << pick(r, 6));
}

static char *next_path(struct round *r, const char *ending)
{
	char name[24];

	snprintf(name, sizeof(name), "%u%s", r->number++, ending);
	return test_path(name);
}

/* The name of the last image as its child gives it. */
static const char *last_name(const struct round *r)
{
	return r->last ? strrchr(r->last, '/') + 1 : NULL;
}

static struct guid id(unsigned int i)
{
	return GUID(0xd15c0000 + i, 0x1111, 0x2222, 0x3333, 0x444444444444);
}

static void add_vhdx(struct round *r)
{
	struct guid linkage = id(r->number - 1);
	struct vhdx_recipe recipe = {.size = r->size,
				     .block_size = pick_block_size(r),
				     .sector_size = r->sector_size,
				     .states = r->last ? ALL : ALL & ~(1u << 7),
				     .data_write = id(r->number),
				     .linkage = r->last ? &linkage : NULL,
				     .relative_path = last_name(r),
				     .seed = next_random(&r->state) >> 1,
				     .spare_bitmaps = pick(r, 2)};
	char *path = next_path(r, ".vhdx");

	build_vhdx(path, r->oracle, &recipe);
	free(r->last);
	r->last = path;
}

static void add_vhd(struct round *r)
{
	struct guid parent = id(r->number - 1);
	struct vhd_recipe recipe = {.type = r->last	 ? BUILD_VHD_DIFFERENCING
					    : pick(r, 2) ? BUILD_VHD_FIXED
							 : BUILD_VHD_DYNAMIC,
				    .size = r->size,
				    .block_size = (uint32_t)(512 * KIB << pick(r, 4)),
				    .id = id(r->number),
				    .parent_id = r->last ? &parent : NULL,
				    .relative_path = last_name(r),
				    .seed = next_random(&r->state) >> 1};
	char *path = next_path(r, ".vhd");

	build_vhd(path, r->oracle, &recipe);
	free(r->last);
	r->last = path;
}

static void expect_random_reads(struct round *r, const char *image)
{
	CLEANUP_DISK struct disk *disk = open_disk(image);
	CLEANUP_FREE uint8_t *got = malloc(3 * MIB);
	CLEANUP_FREE uint8_t *want = malloc(3 * MIB);
	struct error err = ERROR_INIT;

	expect_same(disk, r->oracle);
	for (int i = 0; i < 50; i++) {
		uint64_t offset = pick(r, disk->size),
			 length = pick(r, pick(r, 2) ? 5000 : 3 * MIB) + 1;

		length = min_u64(length, disk->size - offset);
		cr_assert_eq(disk_read(disk, got, length, offset, &err), 0, "%s", err.message);
		peek(r->oracle, offset, want, length);
		cr_assert_eq(memcmp(got, want, length), 0, "%s: %" PRIu64 " + %" PRIu64, image,
			     offset, length);
	}
}

/* Write the last image with changes on top, in a random shape, and read it back. */
static void convert(struct round *r)
{
	CLEANUP_DISK struct disk *source = open_disk(r->last);
	CLEANUP_PATCHED struct patched contents;
	CLEANUP_FREE char *path = next_path(r, ".vhdx");
	CLEANUP_FD int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	enum vhd_type type = (enum vhd_type)pick(r, VHD_TYPE_MAX);
	struct vhdx_spec spec = sample_spec(type, pick_block_size(r));
	struct vhdx_parent parent = {.disk = source, .relative_path = last_name(r)};
	struct error err = ERROR_INIT;

	if (vhd_info(source)->format != VHD_FORMAT_VHDX && type == VHD_TYPE_DIFFERENCING)
		spec.type = VHD_TYPE_DYNAMIC;
	spec.parent = &parent;
	patched_init(&contents, source, source->size + pick(r, 3) * r->sector_size * 1000);
	patched_randomise(&contents, r->oracle, 1 + (unsigned int)pick(r, PATCHES),
			  1 + pick(r, 2 * MIB), &r->state, (int)pick(r, 2));
	cr_assert_eq(vhdx_write(fd, path, &spec, &contents.disk, NULL, &err), 0, "%s", err.message);
	expect_random_reads(r, path);
	if (spec.type != VHD_TYPE_DIFFERENCING && r->sector_size == 512 && have("qemu-img"))
		cr_assert_eq(run("qemu-img compare -f raw -F vhdx '%s' '%s'", r->oracle, path), 0);
}

static void play(uint64_t seed)
{
	struct round r = {.state = seed | 1};
	unsigned int images = 1 + (unsigned int)pick(&r, 4);
	bool is_vhd = pick(&r, 3) == 0;

	r.oracle = test_path("oracle");
	r.sector_size = is_vhd || pick(&r, 2) ? 512 : 4096;
	r.size = (1 + pick(&r, 20000)) * 4096 + (r.sector_size == 512 ? pick(&r, 8) * 512 : 0);
	for (unsigned int i = 0; i < images; i++) {
		if (is_vhd)
			add_vhd(&r);
		else
			add_vhdx(&r);
	}
	expect_random_reads(&r, r.last);
	convert(&r);
	free(r.last);
	free(r.oracle);
	support_clean();
}

Test(random, images_changes_and_outputs)
{
	const char *given = getenv("VHD_TEST_SEED"), *rounds = getenv("VHD_TEST_ROUNDS");
	uint64_t seed;

	cr_assert_eq(getrandom(&seed, sizeof(seed), 0), (ssize_t)sizeof(seed));
	if (given)
		seed = strtoull(given, NULL, 0);
	for (long i = rounds ? atol(rounds) : 12; i > 0; i--) {
		fprintf(stderr, "VHD_TEST_SEED=0x%" PRIx64 "\n", seed);
		play(seed);
		seed += 2;
	}
}
