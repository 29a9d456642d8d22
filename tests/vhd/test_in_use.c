/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A chain of which a file is in use, or changes while it is open. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "tests/vhd/build.h"
#include "tests/vhd/support.h"

TestSuite(in_use, .fini = support_clean);

/* A child and its parent, beside it. */
struct pair {
	char *paths[2];
};

static struct pair make_pair(void)
{
	struct pair pair = {{test_path("child.vhdx"), test_path("parent.vhdx")}};
	CLEANUP_FREE char *oracle = test_path("oracle");
	const struct guid id = GUID(0x50f5ce00, 0x1111, 0x2222, 0x3333, 0x444444444444);
	struct vhdx_recipe recipe = {.size = 8 * MIB,
				     .block_size = MIB,
				     .sector_size = 512,
				     .states = STATES(MAY_BE(6)),
				     .data_write = id,
				     .seed = 5};

	build_vhdx(pair.paths[1], oracle, &recipe);
	recipe.states = STATES(MAY_BE(0) MAY_BE(7));
	recipe.linkage = &id;
	recipe.relative_path = strrchr(pair.paths[1], '/') + 1;
	build_vhdx(pair.paths[0], oracle, &recipe);
	return pair;
}

static void free_pair(struct pair *pair)
{
	free(pair->paths[0]);
	free(pair->paths[1]);
}
#define PAIR CLEANUP(free_pair) struct pair

struct lock_case {
	int byte;
	int length; /* 0: to the end of the file */
	int type;
	bool is_writer;
};

ParameterizedTestParameters(in_use, locks)
{
	static struct lock_case cases[] = {
		{100, 1, F_RDLCK, false}, {201, 1, F_RDLCK, false}, {103, 1, F_RDLCK, false},
		{101, 1, F_RDLCK, true},  {100, 2, F_RDLCK, true},  {101, 1, F_WRLCK, true},
		{201, 1, F_WRLCK, true},  {0, 0, F_WRLCK, true},
	};

	return cr_make_param_array(struct lock_case, cases, ARRAY_SIZE(cases));
}

static void lock(int fd, const struct lock_case *c)
{
	struct flock lock = {.l_type = (short)c->type,
			     .l_whence = SEEK_SET,
			     .l_start = c->byte,
			     .l_len = c->length};

	cr_assert_eq(fcntl(fd, F_OFD_SETLK, &lock), 0);
}

static void expect_use(const struct pair *pair, bool is_writer)
{
	CLEANUP_DISK struct disk *disk = NULL;
	struct error err = ERROR_INIT;

	vhd_open(pair->paths[0], NULL, &disk, &err);
	cr_assert_eq(err.refusal, is_writer ? REFUSAL_IN_USE : REFUSAL_NONE, "%s", err.message);
	cr_assert_eq(!disk, is_writer);
	if (is_writer)
		cr_assert(strstr(err.advice, "shut the VM down"), "%s", err.advice);
}

/* Of the image itself and of its parent. */
ParameterizedTest(struct lock_case *c, in_use, locks)
{
	PAIR pair = make_pair();

	for (size_t i = 0; i < 2; i++) {
		int fd = open(pair.paths[i], O_RDWR | O_CLOEXEC);

		lock(fd, c);
		expect_use(&pair, c->is_writer);
		close(fd);
		expect_use(&pair, false);
	}
}

static bool may_lock(const char *path, int byte)
{
	CLEANUP_FD int fd = open(path, O_RDWR | O_CLOEXEC);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

/* While a chain is open, its files say that they must not be written; and can be read by others. */
Test(in_use, our_own_locks)
{
	PAIR pair = make_pair();
	struct disk *disk = open_disk(pair.paths[0]);

	disk_close(open_disk(pair.paths[0]));
	for (size_t i = 0; i < 2; i++) {
		cr_assert_not(may_lock(pair.paths[i], 201));
		cr_assert_not(may_lock(pair.paths[i], 100));
		cr_assert(may_lock(pair.paths[i], 101));
	}
	disk_close(disk);
	for (size_t i = 0; i < 2; i++)
		cr_assert(may_lock(pair.paths[i], 201) && may_lock(pair.paths[i], 100));
}

struct change_case {
	char command[64];
};

ParameterizedTestParameters(in_use, changes)
{
	static struct change_case cases[] = {
		{"printf x | dd of=\"$0\" bs=1 seek=9 conv=notrunc"},
		{"truncate -s +512 \"$0\""},
		{"truncate -s -512 \"$0\""},
		{"touch -m -d 2001-01-01 \"$0\""},
		{"chmod g-w,g+w \"$0\""}, /* ctime alone */
	};

	return cr_make_param_array(struct change_case, cases, ARRAY_SIZE(cases));
}

/* Any file of the chain. */
ParameterizedTest(struct change_case *c, in_use, changes)
{
	for (size_t i = 0; i < 2; i++) {
		PAIR pair = make_pair();
		CLEANUP_DISK struct disk *disk = open_disk(pair.paths[0]);
		struct error err = ERROR_INIT;

		cr_assert_eq(vhd_check_unchanged(disk, &err), 0, "%s", err.message);
		usleep(20000); /* times have the grain of a tick */
		cr_assert_eq(run("sh -c '%s' '%s'", c->command, pair.paths[i]), 0);
		cr_assert_lt(vhd_check_unchanged(disk, &err), 0, "%s", c->command);
		cr_assert_eq(err.kind, ERROR_FAILED);
		cr_assert(strstr(err.message, pair.paths[i]), "%s", err.message);
	}
}
