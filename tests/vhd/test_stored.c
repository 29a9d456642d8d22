/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of a disk there is to move, counted along the way. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "vhd/vhd.h"

static char bytes[MIB];

static void put(int fd, uint64_t offset)
{
	memset(bytes, 1, sizeof(bytes));
	cr_assert_eq(pwrite(fd, bytes, sizeof(bytes), (off_t)offset), (ssize_t)sizeof(bytes));
}

Test(stored, counts_what_the_file_stores)
{
	char path[] = "/tmp/hvgen2-stored.XXXXXX";
	int fd = mkstemp(path);
	struct error err = ERROR_INIT;
	const struct vhd_open_options options = {.format = VHD_OPEN_RAW};
	const struct vhdx_spec spec = {.type = VHD_TYPE_DYNAMIC};
	CLEANUP_DISK struct disk *disk = NULL;
	struct vhd_stored *stored;
	uint64_t count, first;

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, 64 * MIB), 0);
	cr_assert_eq(pwrite(fd, "\x55\xaa", 2, 510), 2); /* its first block is data then */
	put(fd, 1 * MIB);
	put(fd, 10 * MIB);
	put(fd, 11 * MIB);
	close(fd);
	cr_assert_eq(vhd_open(path, &options, &disk, &err), 0, "%s", err.message);
	unlink(path);
	stored = vhd_stored_new(&spec, disk, NULL);
	cr_assert_not_null(stored);
	cr_assert_eq(vhd_stored_up_to(stored, 1 * MIB, &first, NULL), 0);
	cr_assert(first > 0 && first <= 64 * KIB);
	cr_assert_eq(vhd_stored_up_to(stored, 3 * MIB / 2, &count, NULL), 0);
	cr_assert_eq(count - first, MIB / 2);
	cr_assert_eq(vhd_stored_up_to(stored, 11 * MIB, &count, NULL), 0);
	cr_assert_eq(count - first, 2 * MIB);
	cr_assert_eq(vhd_stored_up_to(stored, 64 * MIB, &count, NULL), 0);
	cr_assert_eq(count - first, 3 * MIB);
	vhd_stored_free(stored);
}
