/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Range checks in front of disks, and windows onto them. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "common/checked.h"
#include "common/disk.h"

#define SIZE 4096

TestSuite(disk);

static uint8_t contents[SIZE];
static unsigned int closed;

static int memory_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	(void)disk;
	(void)err;
	memcpy(buffer, contents + offset, length);
	return 0;
}

static int memory_write(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
			struct error *err)
{
	(void)disk;
	(void)err;
	memcpy(contents + offset, buffer, length);
	return 0;
}

/* Extents of 1000 bytes. */
static int memory_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret,
			 struct error *err)
{
	(void)err;
	*ret = (struct disk_extent){.kind = DISK_DATA,
				    .length = min_u64(1000 - offset % 1000, disk->size - offset),
				    .fd = 5,
				    .file_offset = offset + 7};
	return 0;
}

static void memory_close(struct disk *disk)
{
	(void)disk;
	closed++;
}

static const struct disk_ops ops = {memory_read, memory_write, memory_extent, memory_close};
static const struct disk_ops read_only_ops = {memory_read, NULL, memory_extent, memory_close};

static struct disk make(const struct disk_ops *with)
{
	for (size_t i = 0; i < SIZE; i++)
		contents[i] = (uint8_t)(i % 251);
	return (struct disk){.ops = with, .name = "memory", .size = SIZE, .sector_size = 512};
}

Test(disk, reads_within_the_disk)
{
	struct disk disk = make(&ops);
	struct error err = ERROR_INIT;
	uint8_t buffer[SIZE];

	cr_assert_eq(disk_read(&disk, buffer, SIZE, 0, &err), 0);
	cr_assert_eq(disk_read(&disk, buffer, 0, SIZE, &err), 0);
	cr_assert_eq(disk_read(&disk, buffer, 1, SIZE, &err), -EUCLEAN);
	cr_assert_eq(err.kind, ERROR_DAMAGED);
	cr_assert_eq(disk_read(&disk, buffer, SIZE, 1, &err), -EUCLEAN);
	cr_assert_eq(disk_read(&disk, buffer, 2, UINT64_MAX, &err), -EUCLEAN);
	cr_assert_eq(disk_read(&disk, buffer, SIZE_MAX, 2, &err), -EUCLEAN);
}

Test(disk, writes_within_the_disk)
{
	struct disk disk = make(&ops), read_only = make(&read_only_ops);
	struct error err = ERROR_INIT;

	cr_assert_eq(disk_write(&disk, "x", 1, SIZE - 1, &err), 0);
	cr_assert_eq(contents[SIZE - 1], 'x');
	cr_assert_eq(disk_write(&disk, "x", 1, SIZE, &err), -EINVAL);
	cr_assert_eq(err.kind, ERROR_FAILED);
	cr_assert_eq(disk_write(&disk, "xy", 2, UINT64_MAX, &err), -EINVAL);
	cr_assert_eq(disk_write(&read_only, "x", 1, 0, &err), -EROFS);
	cr_assert_eq(err.kind, ERROR_FAILED);
}

Test(disk, extents_within_the_disk)
{
	struct disk disk = make(&ops);
	struct disk_extent extent;

	cr_assert_eq(disk_extent(&disk, SIZE - 1, &extent, NULL), 0);
	cr_assert_eq(extent.length, 1);
	cr_assert_eq(disk_extent(&disk, SIZE, &extent, NULL), -EINVAL);
	cr_assert_eq(disk_extent(&disk, UINT64_MAX, &extent, NULL), -EINVAL);
}

Test(disk, close)
{
	struct disk disk = make(&ops), *pointer = &disk;

	disk_close(NULL);
	disk_cleanup(&pointer);
	cr_assert_null(pointer);
	cr_assert_eq(closed, 1);
	disk_cleanup(&pointer);
	cr_assert_eq(closed, 1);
}

Test(disk, window_moves_everything)
{
	struct disk disk = make(&ops);
	struct disk_window window;
	struct disk_extent extent;
	uint8_t buffer[512];

	cr_assert_eq(disk_window_init(&window, &disk, 1024, 1500, NULL), 0);
	cr_assert_eq(window.disk.size, 1500);
	cr_assert_eq(window.disk.sector_size, 512);
	cr_assert_str_eq(window.disk.name, "memory");
	cr_assert_eq(disk_read(&window.disk, buffer, 10, 100, NULL), 0);
	cr_assert_arr_eq(buffer, contents + 1124, 10);
	cr_assert_eq(disk_write(&window.disk, "abc", 3, 1497, NULL), 0);
	cr_assert_arr_eq(contents + 2521, "abc", 3);
	cr_assert_eq(disk_extent(&window.disk, 0, &extent, NULL), 0);
	cr_assert_eq(extent.length, 976);
	cr_assert_eq(extent.file_offset, 1031);
	cr_assert_eq(disk_extent(&window.disk, 976, &extent, NULL), 0);
	cr_assert_eq(extent.length, 524, "an extent ends with the window");
	disk_close(&window.disk);
	cr_assert_eq(closed, 0, "a window does not close its base");
}

Test(disk, window_has_ends)
{
	struct disk disk = make(&ops);
	struct disk_window window, inner;
	struct disk_extent extent;
	uint8_t buffer[512];

	cr_assert_eq(disk_window_init(&window, &disk, 1024, 1500, NULL), 0);
	cr_assert_eq(disk_read(&window.disk, buffer, 1, 1500, NULL), -EUCLEAN);
	cr_assert_eq(disk_write(&window.disk, buffer, 2, 1499, NULL), -EINVAL);
	cr_assert_eq(disk_extent(&window.disk, 1500, &extent, NULL), -EINVAL);
	cr_assert_eq(disk_window_init(&inner, &window.disk, 1000, 501, NULL), -EINVAL);
	cr_assert_eq(disk_window_init(&inner, &window.disk, 1000, 500, NULL), 0);
	cr_assert_eq(disk_read(&inner.disk, buffer, 1, 499, NULL), 0);
	cr_assert_eq(buffer[0], contents[1024 + 1499]);
	cr_assert_eq(disk_window_init(&window, &disk, SIZE, 1, NULL), -EINVAL);
	cr_assert_eq(disk_window_init(&window, &disk, UINT64_MAX, 2, NULL), -EINVAL);
	cr_assert_eq(disk_window_init(&window, &disk, SIZE, 0, NULL), 0, "an empty window");
}

Test(disk, window_on_a_read_only_disk)
{
	struct disk disk = make(&read_only_ops);
	struct disk_window window;

	cr_assert_eq(disk_window_init(&window, &disk, 0, SIZE, NULL), 0);
	cr_assert_eq(disk_write(&window.disk, "x", 1, 0, NULL), -EROFS);
}
