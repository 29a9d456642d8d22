/* SPDX-License-Identifier: GPL-3.0-or-later */
/* More than 2 GiB stored in a qcow2, which takes two blocks of reference counts; most of it is holes of the file. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/checked.h"
#include "tests/vhd/support.h"

TestSuite(qcow2_large, .fini = support_clean);

Test(qcow2_large, blocks_of_reference_counts)
{
	CLEANUP_FREE char *raw = test_path("raw");
	CLEANUP_FREE char *image = test_path("disk.qcow2");
	CLEANUP_DISK struct disk *disk = NULL;
	CLEANUP_FD int fd = open(image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct error err = ERROR_INIT;

	need_tool("qemu-img");
	cr_assert_geq(fd, 0);
	make_raw(raw, 2200 * MIB, 0, 1, 1);
	for (uint64_t at = 64 * KIB; at < 2200 * MIB; at += 64 * KIB)
		patch(raw, at, "x", 1);
	disk = open_as(raw, VHD_OPEN_RAW);
	cr_assert_eq(qcow2_write(fd, image, disk, NULL, &err), 0, "%s", err.message);
	cr_expect_eq(run("qemu-img check -q -f qcow2 '%s'", image), 0);
	cr_expect_eq(run("qemu-img compare -q -f raw -F qcow2 '%s' '%s'", raw, image), 0);
}
