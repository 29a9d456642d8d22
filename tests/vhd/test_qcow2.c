/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing qcow2, judged by qemu-img alone: nothing here reads it. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "tests/vhd/support.h"

TestSuite(qcow2, .fini = support_clean);

static void write_qcow2(const char *raw, const char *image)
{
	CLEANUP_DISK struct disk *disk = open_as(raw, VHD_OPEN_RAW);
	int fd = open(image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct error err = ERROR_INIT;

	cr_assert_geq(fd, 0);
	cr_assert_eq(qcow2_write(fd, image, disk, NULL, &err), 0, "%s", err.message);
	close(fd);
}

static void judge(const char *raw, const char *image)
{
	cr_expect_eq(run("qemu-img check -q -f qcow2 '%s'", image), 0, "%s", raw);
	cr_expect_eq(run("qemu-img compare -q -f raw -F qcow2 '%s' '%s'", raw, image), 0);
}

/* From nothing to what needs several tables. */
Test(qcow2, sizes)
{
	static const struct {
		uint64_t size;
		unsigned int runs;
		uint64_t max_run;
	} cases[] = {{512, 0, 1},
		     {65536 + 512, 1, 512},
		     {512 * MIB, 20, 3 * MIB},
		     {512 * MIB + 4096, 3, 100},
		     {3 * GIB, 60, 70000}};

	need_tool("qemu-img");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP_FREE char *raw = test_path("raw");
		CLEANUP_FREE char *image = test_path("disk.qcow2");

		make_raw(raw, cases[i].size, cases[i].runs, cases[i].max_run, i + 1);
		write_qcow2(raw, image);
		judge(raw, image);
	}
}

Test(qcow2, zeros_are_not_stored)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_FREE char *image = test_path("disk.qcow2");

	need_tool("qemu-img");
	make_raw(raw, 100 * MIB, 0, 1, 1);
	cr_assert_eq(run("dd if=/dev/zero of='%s' bs=1M count=50 seek=10 conv=notrunc", raw), 0);
	write_qcow2(raw, image);
	judge(raw, image);
	cr_expect_lt(stored_bytes(image), MIB);
}
