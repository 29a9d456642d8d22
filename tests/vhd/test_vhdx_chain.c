/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differencing VHDX: every state, chains, and how parents are found. Truth: the oracle of
 * tests/vhd/build.h. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/checked.h"
#include "tests/vhd/build.h"
#include "tests/vhd/family.h"
#include "tests/vhd/support.h"

TestSuite(vhdx_chain, .fini = support_clean);

#define NO_PARENT STATES(MAY_BE(0) MAY_BE(1) MAY_BE(2) MAY_BE(3) MAY_BE(5) MAY_BE(6))

struct chain_case {
	uint64_t size[4];
	uint32_t block_size[4];
	uint32_t sector_size;
	unsigned int length;
	bool spare_bitmaps;
};

ParameterizedTestParameters(vhdx_chain, all_states)
{
	static struct chain_case cases[] = {
		{{40 * MIB}, {MIB}, 512, 1, false},
		{{40 * MIB}, {MIB}, 4096, 1, false},
		{{40 * MIB + 512, 40 * MIB + 512}, {2 * MIB, 2 * MIB}, 512, 2, false},
		{{40 * MIB, 40 * MIB}, {4 * MIB, MIB}, 4096, 2, true},
		/* Several chunks, some without a bitmap block; a child larger than its parent; one
		   smaller. */
		{{9 * GIB, 13 * GIB + 512}, {256 * MIB, 256 * MIB}, 512, 2, true},
		{{100 * MIB, 200 * MIB, 200 * MIB, 150 * MIB},
		 {32 * MIB, 2 * MIB, MIB, 8 * MIB},
		 512,
		 4,
		 false},
		{{5 * GIB, 5 * GIB, 6 * GIB}, {2 * MIB, 64 * MIB, 128 * MIB}, 512, 3, true},
	};

	return cr_make_param_array(struct chain_case, cases, ARRAY_SIZE(cases));
}

ParameterizedTest(struct chain_case *c, vhdx_chain, all_states)
{
	CLEANUP_FREE char *oracle = test_path("oracle");

	for (unsigned int i = 0; i < c->length; i++) {
		char name[16], parent[64];
		CLEANUP_FREE char *path = NULL;
		CLEANUP_DISK struct disk *disk = NULL;
		struct guid linkage = family_id(i - 1);

		snprintf(name, sizeof(name), "%u.vhdx", i);
		path = test_path(name);
		snprintf(parent, sizeof(parent), ".\\tmp-%d-%u.vhdx", (int)getpid(), i - 1);
		build_vhdx(path, oracle,
			   &(struct vhdx_recipe){.size = c->size[i],
						 .block_size = c->block_size[i],
						 .sector_size = c->sector_size,
						 .states = i ? ALL_STATES : NO_PARENT,
						 .data_write = family_id(i),
						 .linkage = i ? &linkage : NULL,
						 .relative_path = parent,
						 .seed = c->size[0] + i,
						 .spare_bitmaps = c->spare_bitmaps});
		disk = open_disk(path);
		cr_assert_eq(disk->size, c->size[i]);
		cr_assert_eq(disk->sector_size, c->sector_size);
		cr_assert_eq(vhd_info(disk)->chain_length, i + 1);
		cr_assert_eq(vhd_member_info(disk, i)->virtual_size, c->size[0]);
		cr_assert_null(vhd_member_info(disk, i + 1));
		cr_assert_null(vhd_member_path(disk, i + 1));
		expect_same(disk, oracle);
	}
}

/* vm/child.avhdx and its parent. */
static struct family make_vm(const char *parent, const char *relative, const char *absolute)
{
	return make_family(&(struct family_names){parent, "vm/child.avhdx", relative, absolute});
}

static void expect_found(const struct family *f, const char *dir)
{
	const char *const dirs[] = {"/nonexistent", dir, NULL};
	const struct vhd_open_options options = {.parent_dirs = dirs};
	CLEANUP_DISK struct disk *disk = NULL;
	struct error err = ERROR_INIT;

	cr_assert_eq(vhd_open(f->child, &options, &disk, &err), 0, "%s", err.message);
	expect_same(disk, f->oracle);
}

Test(vhdx_chain, name_in_any_case)
{
	FAMILY f = make_vm("vm/PARENT.vhdx", "parent.VHDX", NULL);

	expect_found(&f, NULL);
}

Test(vhdx_chain, parent_beside_the_child)
{
	FAMILY f = make_vm("vm/parent.vhdx", "..\\gone\\parent.vhdx", NULL);

	expect_found(&f, NULL);
}

Test(vhdx_chain, name_of_the_absolute_path_in_a_parent_dir)
{
	FAMILY f = make_vm("store/VMs/Web/parent.vhdx", NULL, "\\\\?\\D:\\vms\\web\\parent.vhdx");
	CLEANUP_FREE char *web = NULL;

	cr_assert_eq(open_error(f.child).refusal, REFUSAL_PARENT_MISSING);
	cr_assert(asprintf(&web, "%s/store/VMs/Web/", f.folder) > 0);
	expect_found(&f, web);
}

Test(vhdx_chain, missing_parent_lists_the_places)
{
	FAMILY f = make_vm("elsewhere/parent.vhdx", ".\\base.vhdx", "C:\\VMs\\parent.vhdx");
	const char *const dirs[] = {"/dir/one", "/dir/two/", NULL};
	const struct vhd_open_options options = {.parent_dirs = dirs};
	struct disk *disk;
	struct error err = ERROR_INIT;

	cr_assert_lt(vhd_open(f.child, &options, &disk, &err), 0);
	cr_assert_eq(err.refusal, REFUSAL_PARENT_MISSING);
	cr_assert(strstr(err.message, "'base.vhdx' or 'parent.vhdx' in "), "%s", err.message);
	cr_assert(strstr(err.message, "/vm/', '/dir/one', '/dir/two/'"), "%s", err.message);
	cr_assert(strstr(err.message, "d15c0000-1111-2222-3333-444444444444"), "%s", err.message);
	cr_assert(strstr(err.advice, "--parent-dir DIR") && strstr(err.advice, "--parent FILE"));
}

Test(vhdx_chain, changed_parent_is_refused)
{
	FAMILY f = make_vm("vm/parent.vhdx", "parent.vhdx", NULL);
	struct guid other = family_id(77);
	struct error err;

	for (unsigned int i = 0; i < 2; i++) {
		patch(f.parent, 64 * KIB * (1 + i) + 32, other.bytes, 16);
		seal_header(f.parent, i);
	}
	err = open_error(f.child);
	cr_assert_eq(err.refusal, REFUSAL_PARENT_MISMATCH, "%s", err.message);
	cr_assert(err.is_of_wish);
	cr_assert(strstr(err.message, "d15c0000-"), "the id that is wanted: %s", err.message);
	cr_assert_not(strcasestr(err.message, "d15c004d"), "the id that was found: %s",
		      err.message);
	cr_assert_eq(run("echo text > '%s'", f.parent), 0);
	cr_assert_eq(open_error(f.child).refusal, REFUSAL_NOT_A_DISK_IMAGE);
}

Test(vhdx_chain, wrong_file_under_the_name_does_not_hide_the_parent)
{
	FAMILY f = make_vm("parent.vhdx", "..\\parent.vhdx", NULL);

	cr_assert_eq(run("cp '%s' '%s/vm/parent.vhdx'", f.child, f.folder), 0);
	expect_found(&f, f.folder);
}

Test(vhdx_chain, own_parent)
{
	FAMILY f = make_vm("parent.vhdx", "child.avhdx", NULL);
	struct guid self = family_id(0);
	struct error err;

	for (unsigned int i = 0; i < 2; i++) {
		patch(f.child, 64 * KIB * (1 + i) + 32, self.bytes, 16);
		seal_header(f.child, i);
	}
	err = open_error(f.child);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
	cr_assert(strstr(err.message, "own parent"), "%s", err.message);
}

Test(vhdx_chain, depth_is_bounded)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	struct error err;

	for (unsigned int i = 0; i < 66; i++) {
		char name[16], parent[64];
		CLEANUP_FREE char *path = NULL;
		struct guid linkage = family_id(i - 1);

		snprintf(name, sizeof(name), "%u.vhdx", i);
		path = test_path(name);
		snprintf(parent, sizeof(parent), "tmp-%d-%u.vhdx", (int)getpid(), i - 1);
		build_vhdx(path, oracle,
			   &(struct vhdx_recipe){.size = 3 * MIB,
						 .block_size = MIB,
						 .sector_size = 512,
						 .states = i ? ALL_STATES : NO_PARENT,
						 .data_write = family_id(i),
						 .linkage = i ? &linkage : NULL,
						 .relative_path = parent,
						 .seed = i});
		if (i == 63) {
			CLEANUP_DISK struct disk *disk = open_disk(path);

			cr_assert_eq(vhd_info(disk)->chain_length, 64);
			expect_same(disk, oracle);
		} else if (i == 64) {
			err = open_error(path);
			cr_assert_eq(err.kind, ERROR_DAMAGED, "%s", err.message);
		}
	}
}

Test(vhdx_chain, checkpoint_made_by_hyperv)
{
	CLEANUP_FREE char *path = unpack("dissect.hypervisor/differencing.avhdx");
	struct error err = open_error(path);

	cr_assert_eq(err.refusal, REFUSAL_PARENT_MISSING, "%s", err.message);
	cr_assert(strstr(err.message, "C32385.avhdx'"), "%s", err.message);
}

#ifdef HAVE_LIBVHDI
#include <libvhdi.h>

static void expect_libvhdi_agrees_on_chain(struct disk *disk, const char *child, const char *parent)
{
	const char *const path[2] = {parent, child};
	libvhdi_file_t *files[2] = {NULL};
	static uint8_t ours[MIB], theirs[MIB];
	struct error err = ERROR_INIT;

	for (int i = 0; i < 2; i++) {
		cr_assert_eq(libvhdi_file_initialize(&files[i], NULL), 1);
		cr_assert_eq(libvhdi_file_open(files[i], path[i], LIBVHDI_OPEN_READ, NULL), 1);
	}
	cr_assert_eq(libvhdi_file_set_parent_file(files[1], files[0], NULL), 1);
	for (uint64_t at = 0; at < disk->size; at += MIB) {
		cr_assert_eq(disk_read(disk, ours, MIB, at, &err), 0, "%s", err.message);
		cr_assert_eq(libvhdi_file_read_buffer_at_offset(files[1], theirs, MIB, (off64_t)at,
								NULL),
			     (ssize_t)MIB);
		cr_assert_eq(memcmp(ours, theirs, MIB), 0, "MiB %d", (int)(at / MIB));
	}
	for (int i = 2; i-- > 0;) {
		libvhdi_file_close(files[i], NULL);
		libvhdi_file_free(&files[i], NULL);
	}
}

/*
 * libvhdi is right about chains whose chunks all have a bitmap block and whose blocks are absent,
 * here or partly here.
 */
Test(vhdx_chain, libvhdi_agrees)
{
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *parent = test_path("0.vhdx");
	CLEANUP_FREE char *child = test_path("1.vhdx");
	CLEANUP_DISK struct disk *disk = NULL;
	struct guid linkage = family_id(0);
	char name[64];

	snprintf(name, sizeof(name), "tmp-%d-0.vhdx", (int)getpid());
	build_vhdx(parent, oracle,
		   &(struct vhdx_recipe){.size = 64 * MIB,
					 .block_size = 2 * MIB,
					 .sector_size = 512,
					 .states = NO_PARENT,
					 .data_write = family_id(0),
					 .seed = 1});
	build_vhdx(child, oracle,
		   &(struct vhdx_recipe){.size = 64 * MIB,
					 .block_size = 2 * MIB,
					 .sector_size = 512,
					 .states = STATES(MAY_BE(0) MAY_BE(6) MAY_BE(7)),
					 .data_write = family_id(1),
					 .linkage = &linkage,
					 .relative_path = name,
					 .seed = 2});
	disk = open_disk(child);
	expect_libvhdi_agrees_on_chain(disk, child, parent);
}

/* The public checkpoint, on a parent made here with the id that it asks for. */
Test(vhdx_chain, checkpoint_made_by_hyperv_with_a_parent)
{
	static const char name[] = "Generation 1_49C4BAF3-4B25-4406-8C4B-D39E65C32385.avhdx";
	CLEANUP_FREE char *packed = unpack("dissect.hypervisor/differencing.avhdx");
	CLEANUP_FREE char *folder = test_path("folder");
	CLEANUP_FREE char *oracle = test_path("oracle");
	CLEANUP_FREE char *child = NULL;
	CLEANUP_FREE char *parent = NULL;
	CLEANUP_DISK struct disk *disk = NULL;
	struct vhd_check *check = NULL;
	struct error err = ERROR_INIT;

	cr_assert(asprintf(&child, "%s/child.avhdx", folder) > 0);
	cr_assert(asprintf(&parent, "%s/%s", folder, name) > 0);
	cr_assert_eq(run("mkdir '%s' && mv '%s' '%s'", folder, packed, child), 0);
	build_vhdx(parent, oracle,
		   &(struct vhdx_recipe){.size = 8 * GIB,
					 .block_size = 32 * MIB,
					 .sector_size = 512,
					 .states = STATES(MAY_BE(0) MAY_BE(6)),
					 .data_write = GUID(0xff34003b, 0x11ed, 0x4cf8, 0xa166,
							    0xb2be05e20b80),
					 .seed = 8});
	cr_assert_eq(vhd_check(child, NULL, &check, &err), 0, "%s", err.message);
	cr_assert_eq(check->finding_count, 0, "%s",
		     check->finding_count ? check->findings[0].text : "");
	cr_assert_gt(check->blocks[7], 0);
	vhd_check_free(check);
	disk = open_disk(child);
	cr_assert_eq(vhd_info(disk)->chain_length, 2);
	expect_libvhdi_agrees_on_chain(disk, child, parent);
}
#endif
