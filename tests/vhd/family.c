/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A parent and its child: see family.h. */
#include "tests/vhd/family.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/vhd/support.h"

struct guid family_id(unsigned int i)
{
	return GUID(0xd15c0000 + i, 0x1111, 0x2222, 0x3333, 0x444444444444);
}

void build_parent(const char *path, const char *oracle)
{
	build_vhdx(path, oracle,
		   &(struct vhdx_recipe){.size = FAMILY_SIZE,
					 .block_size = MIB,
					 .sector_size = 512,
					 .states = STATES(MAY_BE(6)),
					 .data_write = family_id(0),
					 .seed = 5});
}

static void build_child(const struct family *f, const struct family_names *names)
{
	struct guid linkage = family_id(0);

	build_vhdx(f->child, f->oracle,
		   &(struct vhdx_recipe){.size = FAMILY_SIZE,
					 .block_size = MIB,
					 .sector_size = 512,
					 .states = ALL_STATES,
					 .data_write = family_id(1),
					 .linkage = &linkage,
					 .relative_path = names->relative,
					 .absolute_path = names->absolute,
					 .seed = 6});
}

struct family make_family(const struct family_names *names)
{
	struct family f = {.folder = test_path("folder"), .oracle = test_path("oracle")};

	cr_assert(asprintf(&f.parent, "%s/%s", f.folder, names->parent) > 0);
	cr_assert(asprintf(&f.child, "%s/%s", f.folder, names->child) > 0);
	cr_assert_eq(run("mkdir -p \"$(dirname '%s')\" \"$(dirname '%s')\"", f.child, f.parent), 0);
	build_parent(f.parent, f.oracle);
	build_child(&f, names);
	return f;
}

void free_family(struct family *f)
{
	free(f->folder);
	free(f->parent);
	free(f->child);
	free(f->oracle);
}
