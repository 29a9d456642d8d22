/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A parent and its child in folders of their own, for the tests of how parents are found. */
#ifndef HVGEN2_TESTS_VHD_FAMILY_H
#define HVGEN2_TESTS_VHD_FAMILY_H

#include "common/checked.h"
#include "common/cleanup.h"
#include "tests/vhd/build.h"

/* All states that a block of a child may have; 5 is that of a draft. */
#define ALL_STATES  STATES(MAY_BE(0) MAY_BE(1) MAY_BE(2) MAY_BE(3) MAY_BE(5) MAY_BE(6) MAY_BE(7))
#define FAMILY_SIZE (8 * MIB)

/* The id of the i-th disk of a chain, d15c000i-1111-2222-3333-444444444444; 0 is the parent's. */
struct guid family_id(unsigned int i);

/* A VHDX of FAMILY_SIZE with the id 0, full of data. */
void build_parent(const char *path, const char *oracle);

struct family {
	char *folder;
	char *parent, *child; /* below it */
	char *oracle;
};

/* Both files below the folder, and the paths that stand in the child (or NULL). */
struct family_names {
	const char *parent, *child;
	const char *relative, *absolute;
};

struct family make_family(const struct family_names *names);
void free_family(struct family *f);
#define FAMILY CLEANUP(free_family) struct family

#endif
