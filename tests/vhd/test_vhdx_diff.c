/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differencing VHDX written here: contents, linkage, size, and what libvhdi says of them. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "tests/vhd/build.h"
#include "tests/vhd/patched.h"
#include "tests/vhd/support.h"

TestSuite(vhdx_diff, .fini = support_clean);

static const struct guid parent_guid = {{0xd1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

static int write_child(const char *path, uint32_t block_size, struct disk *contents,
		       struct disk *parent, const char *relative, const char *windows,
		       struct error *err)
{
	CLEANUP_FD int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct vhdx_spec spec = sample_spec(VHD_TYPE_DIFFERENCING, block_size);
	struct vhdx_parent reference = {.disk = parent,
					.relative_path = relative,
					.windows_path = windows};
	uint64_t estimate = 0;
	int r;

	spec.parent = &reference;
	cr_assert(fd >= 0);
	r = vhdx_write(fd, path, &spec, contents, NULL, err);
	if (r == 0) {
		cr_assert_eq(vhdx_estimate(fd, &spec, contents, &estimate, err), 0, "%s",
			     err->message);
		cr_assert_leq(stored_bytes(path), estimate);
	}
	return r;
}

#ifdef HAVE_LIBVHDI
#include <libvhdi.h>

static void expect_libvhdi_agrees_on(struct disk *disk, const char *child, const char *parent)
{
	const char *const path[2] = {parent, child};
	libvhdi_file_t *file[2] = {NULL};
	CLEANUP_FREE uint8_t *ours = malloc(MIB);
	CLEANUP_FREE uint8_t *theirs = malloc(MIB);
	struct error err = ERROR_INIT;

	for (int i = 0; i < 2; i++) {
		cr_assert_eq(libvhdi_file_initialize(&file[i], NULL), 1);
		cr_assert_eq(libvhdi_file_open(file[i], path[i], LIBVHDI_OPEN_READ, NULL), 1);
	}
	cr_assert_eq(libvhdi_file_set_parent_file(file[1], file[0], NULL), 1);
	for (uint64_t at = 0; at < disk->size; at += MIB) {
		size_t n = (size_t)min_u64(MIB, disk->size - at);

		cr_assert_eq(disk_read(disk, ours, n, at, &err), 0, "%s", err.message);
		cr_assert_eq(libvhdi_file_read_buffer_at_offset(file[1], theirs, n, (off64_t)at,
								NULL),
			     (ssize_t)n);
		cr_assert_eq(memcmp(ours, theirs, n), 0, "MiB %d", (int)(at / MIB));
	}
	for (int i = 2; i-- > 0;) {
		libvhdi_file_close(file[i], NULL);
		libvhdi_file_free(&file[i], NULL);
	}
}
#else
static void expect_libvhdi_agrees_on(struct disk *disk, const char *child, const char *parent)
{
	(void)disk;
	(void)child;
	(void)parent;
}
#endif

/* A little-endian number of the file. */
static uint64_t number_at(const char *path, uint64_t offset, size_t length)
{
	uint8_t bytes[8] = {0};

	peek(path, offset, bytes, length);
	return get_le64(bytes);
}

/* Where the first region of the file is (the BAT, in those written here). */
#define BAT_REGION_AT (192 * KIB + 16 + 16)
/* The first item of the metadata: the block size. */
#define BLOCK_SIZE_AT (2 * MIB + 64 * KIB)

/* Does the child hold this sector itself? It is the parent's by state 0, or by a clear bit. */
static bool is_own(const char *child, uint64_t offset, uint32_t sector_size)
{
	uint64_t bat = number_at(child, BAT_REGION_AT, 8);
	uint64_t block_size = number_at(child, BLOCK_SIZE_AT, 4);
	uint64_t ratio = (UINT64_C(1) << 23) * sector_size / block_size,
		 block = offset / block_size;
	uint64_t chunk = block / ratio, bit = offset / sector_size % (UINT64_C(1) << 23);
	uint64_t entry = number_at(child, bat + 8 * (block + chunk), 8);
	uint64_t bitmap = number_at(child, bat + 8 * ((chunk + 1) * ratio + chunk), 8);

	if ((entry & 7) == 7)
		return number_at(child, bitmap / MIB * MIB + bit / 8, 1) >> bit % 8 & 1;
	return (entry & 7) == 6 || (entry & 7) == 2;
}

/* A reader that must not be asked for more than the parent has: the sectors behind its end are the
 * child's own. */
static void expect_own_behind(const char *child, const struct disk *parent, const char *oracle)
{
	struct stat st;

	cr_assert_eq(stat(oracle, &st), 0);
	for (uint64_t at = parent->size; at < (uint64_t)st.st_size;) {
		cr_assert(is_own(child, at, parent->sector_size), "the sector at %" PRIu64, at);
		at += at < parent->size + MIB ? parent->sector_size : MIB;
	}
}

static void expect_clean(const char *path)
{
	struct vhd_check *check = NULL;
	struct error err = ERROR_INIT;

	cr_assert_eq(vhd_check(path, NULL, &check, &err), 0, "%s", err.message);
	cr_assert_eq(check->finding_count, 0, "%s",
		     check->finding_count ? check->findings[0].text : "");
	vhd_check_free(check);
}

struct diff_case {
	uint64_t parent_size, size;
	uint32_t parent_block, block;
	uint32_t sector_size;
	unsigned int patches;
	uint64_t max_patch;
	bool whole_sectors;
};

ParameterizedTestParameters(vhdx_diff, read_back)
{
	static struct diff_case cases[] = {
		{64 * MIB, 64 * MIB, 2 * MIB, 2 * MIB, 512, 20, 100000, true},
		{64 * MIB, 64 * MIB, 32 * MIB, 1 * MIB, 512, 60, 3 * MIB, true},
		{64 * MIB, 64 * MIB, 1 * MIB, 16 * MIB, 512, 30, 70000, false},
		{64 * MIB, 64 * MIB, 2 * MIB, 2 * MIB, 4096, 30, 70000, false},
		{64 * MIB, 67 * MIB + 512, 2 * MIB, 2 * MIB, 512, 10, 5 * MIB, true},
		/* The end of the parent within a block, and no changes there or many. */
		{65 * MIB + 512, 200 * MIB, 1 * MIB, 16 * MIB, 512, 1, 1, true},
		{65 * MIB + 512, 200 * MIB, 1 * MIB, 2 * MIB, 512, 40, 3 * MIB, false},
		{65 * MIB + 4096, 66 * MIB, 1 * MIB, 32 * MIB, 4096, 20, 9 * MIB, true},
		{5 * MIB, 5 * GIB, 1 * MIB, 1 * MIB, 512, 30, 9 * MIB, true},
		{9 * GIB, 9 * GIB, 64 * MIB, 2 * MIB, 512, 60, 3 * MIB, true},
	};

	return cr_make_param_array(struct diff_case, cases, ARRAY_SIZE(cases));
}

ParameterizedTest(struct diff_case *c, vhdx_diff, read_back)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *parent_path = test_path("parent.vhdx");
	CLEANUP_FREE char *copy = test_path("copy.vhdx");
	CLEANUP_FREE char *child_path = test_path("child.vhdx");
	CLEANUP_FREE char *relative = NULL;
	CLEANUP_DISK struct disk *parent = NULL;
	CLEANUP_DISK struct disk *child = NULL;
	CLEANUP_PATCHED struct patched contents;
	struct error err = ERROR_INIT;
	uint64_t state = c->size | 1;

	build_vhdx(parent_path, oracle,
		   &(struct vhdx_recipe){.size = c->parent_size,
					 .block_size = c->parent_block,
					 .sector_size = c->sector_size,
					 .states = STATES(MAY_BE(0) MAY_BE(2) MAY_BE(6)),
					 .data_write = parent_guid,
					 .seed = c->size});
	cr_assert_eq(run("cp --sparse=always '%s' '%s'", parent_path, copy), 0);
	parent = open_disk(parent_path);
	patched_init(&contents, parent, c->size);
	patched_randomise(&contents, oracle, c->patches, c->max_patch, &state, c->whole_sectors);
	relative = vhd_relative_path(child_path, parent_path, &err);
	cr_assert_not_null(relative, "%s", err.message);
	cr_assert_eq(write_child(child_path, c->block, &contents.disk, parent, relative, NULL,
				 &err),
		     0, "%s", err.message);
	child = open_disk(child_path);
	cr_assert_eq(vhd_info(child)->chain_length, 2);
	expect_same(child, oracle);
	expect_own_behind(child_path, parent, oracle);
	expect_clean(child_path);
	cr_assert_eq(run("cmp '%s' '%s'", parent_path, copy), 0);
	/* libvhdi cannot read past the end of a smaller parent. */
	if (c->size == c->parent_size && c->size < GIB)
		expect_libvhdi_agrees_on(child, child_path, parent_path);
}

/* Nothing but bitmaps is stored of a child without changes, however large it is. */
Test(vhdx_diff, unchanged_child_of_64_tib)
{
	CLEANUP_FREE char *parent_path = test_path("parent.vhdx");
	CLEANUP_FREE char *child_path = test_path("child.vhdx");
	CLEANUP_DISK struct disk *parent = NULL;
	CLEANUP_DISK struct disk *child = NULL;
	CLEANUP_PATCHED struct patched contents;
	struct error err = ERROR_INIT;
	struct disk_extent extent;

	need_tool("qemu-img");
	cr_assert_eq(run("qemu-img create -f vhdx -o block_size=32M '%s' 63T", parent_path), 0);
	parent = open_disk(parent_path);
	patched_init(&contents, parent, parent->size);
	cr_assert_eq(write_child(child_path, 2 * MIB, &contents.disk, parent, "../vhd/x",
				 "D:\\x.vhdx", &err),
		     0, "%s", err.message);
	cr_assert_eq(open_error(child_path).refusal, REFUSAL_PARENT_MISSING);
	cr_assert_lt(stored_bytes(child_path), 64 * MIB);
	cr_assert_eq(write_child(child_path, 32 * MIB, &contents.disk, parent, parent_path, NULL,
				 &err),
		     0);
	cr_assert_lt(stored_bytes(child_path), 20 * MIB);
	cr_assert_eq(run("ln -f '%s' '%s/tests/vhd/tmp-%d-x'", parent_path, BUILD_DIR,
			 (int)getpid()),
		     0);
	cr_assert_eq(write_child(child_path, 32 * MIB, &contents.disk, parent,
				 strrchr(parent_path, '/') + 1, NULL, &err),
		     0);
	child = open_disk(child_path);
	cr_assert_eq(disk_extent(child, 5 * TIB, &extent, &err), 0);
	cr_assert_eq(extent.kind, DISK_ZERO);
}

/* The strings of the locator as Windows writes them. */
Test(vhdx_diff, locator_text)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *parent_path = test_path("parent.vhdx");
	CLEANUP_FREE char *child_path = test_path("child.vhdx");
	CLEANUP_DISK struct disk *parent = NULL;
	CLEANUP_PATCHED struct patched contents;
	struct error err = ERROR_INIT;

	build_vhdx(parent_path, oracle,
		   &(struct vhdx_recipe){.size = 8 * MIB,
					 .block_size = MIB,
					 .sector_size = 512,
					 .states = STATES(MAY_BE(6)),
					 .data_write = parent_guid,
					 .seed = 1});
	parent = open_disk(parent_path);
	patched_init(&contents, parent, parent->size);
	cr_assert_eq(write_child(child_path, MIB, &contents.disk, parent, "disks/web 01.vhdx",
				 "D:\\VMs\\web 01.vhdx", &err),
		     0);
	cr_assert_eq(run("strings -el '%s' | grep -qF 'relative_path.\\disks\\web 01.vhdx'",
			 child_path),
		     0);
	cr_assert_eq(run("strings -el '%s' | grep -qF 'absolute_win32_pathD:\\VMs\\web 01.vhdx'",
			 child_path),
		     0);
	cr_assert_eq(
		run("strings -el '%s' | grep -qF 'parent_linkage{040302d1-0605-0807-090a-0b0c0d0e0f10}'",
		    child_path),
		0);
}

Test(vhdx_diff, mistakes_of_the_caller)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_FREE char *child_path = test_path("child.vhdx");
	CLEANUP_DISK struct disk *disk = NULL;
	struct error err = ERROR_INIT;

	make_raw(raw, 8 * MIB, 3, 10000, 3);
	disk = open_disk(raw);
	cr_assert_eq(write_child(child_path, MIB, disk, disk, "raw", NULL, &err),
		     -EINVAL); /* no VHDX */
	cr_assert_eq(write_child(child_path, MIB, disk, disk, NULL, NULL, &err),
		     -EINVAL); /* no path */
}

Test(vhdx_diff, relative_paths)
{
	struct error err = ERROR_INIT;
	CLEANUP_FREE char *folder = test_path("d");
	CLEANUP_FREE char *from = NULL;
	CLEANUP_FREE char *to = NULL;
	CLEANUP_FREE char *path = NULL;

	cr_assert(asprintf(&from, "%s/a/b/child.vhdx", folder) > 0 &&
		  asprintf(&to, "%s/ab/parent.vhdx", folder) > 0);
	cr_assert_eq(run("mkdir -p '%s/a/b' '%s/ab' && touch '%s'", folder, folder, to), 0);
	path = vhd_relative_path(from, to, &err);
	cr_assert_str_eq(path, "../../ab/parent.vhdx");
	free(path);
	path = vhd_relative_path(to, to, &err);
	cr_assert_str_eq(path, "parent.vhdx");
	free(path);
	path = vhd_relative_path(from, "/nonexistent", &err);
	cr_assert_null(path);
	cr_assert_eq(err.kind, ERROR_FAILED);
}
