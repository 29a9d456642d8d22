/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench_source IMAGE OUTPUT SIZE_GIB DATA_GIB [PERIOD]: a copy of IMAGE as a dynamic VHDX that is
 * SIZE_GIB large and has DATA_GIB of data, from 22 GiB on. IMAGE is a sample VM of 40 GiB made by
 * mkvm, whose file system has nothing there; the program under test copies blocks by the block map
 * and does not know that no file has them.
 *
 * The data are random numbers of 8 bytes, another one every PERIOD bytes: 8, the default, does not
 * compress; zram stores nothing of 4096.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "vhd/vhd.h"

#define DATA_OFFSET (22 * GIB)
#define BLOCK_SIZE  (32 * MIB)

struct source {
	struct disk disk;
	struct disk *base;
	uint64_t data_end;
	uint64_t period;
};

static int source_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret,
			 struct error *err)
{
	struct source *source = (struct source *)disk;
	uint64_t limit = disk->size - offset;

	*ret = (struct disk_extent){.kind = DISK_HOLE, .length = limit, .fd = -1};
	if (offset >= DATA_OFFSET && offset < source->data_end) {
		ret->kind = DISK_MEMORY;
		ret->length = source->data_end - offset;
		return 0;
	}
	if (offset < source->base->size) {
		int r = disk_extent(source->base, offset, ret, err);

		if (r < 0)
			return r;
	}
	if (offset < DATA_OFFSET)
		limit = DATA_OFFSET - offset;
	ret->length = min_u64(ret->length, limit);
	return 0;
}

/* The writer reads either all of the base or all of the data. */
static int source_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	struct source *source = (struct source *)disk;
	uint64_t state = offset | 1;
	uint8_t *to = buffer;

	if (offset < DATA_OFFSET || offset >= source->data_end)
		return disk_read(source->base, buffer, length, offset, err);
	for (size_t i = 0; i + 8 <= length; i += 8) {
		if (i % source->period == 0) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
		}
		put_le64(to + i, state);
	}
	return 0;
}

static void source_close(struct disk *disk)
{
	(void)disk;
}

static int make(const char *const *args, struct error *err)
{
	static const struct disk_ops ops = {.read = source_read,
					    .extent = source_extent,
					    .close = source_close};
	CLEANUP_DISK struct disk *base = NULL;
	CLEANUP_FD int fd = open(args[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	struct vhdx_spec spec = {.type = VHD_TYPE_DYNAMIC,
				 .block_size = BLOCK_SIZE,
				 .physical_sector_size = 4096,
				 .disk_id = guid_random(),
				 .file_write_guid = guid_random(),
				 .data_write_guid = guid_random(),
				 .creator = "bench_source"};
	struct source source = {.data_end = DATA_OFFSET + strtoull(args[3], NULL, 10) * GIB,
				.period = args[4] ? strtoull(args[4], NULL, 10) : 8};
	int r;

	if (fd < 0)
		return error_errno(err, "'%s'", args[1]);
	r = vhd_open(args[0], NULL, &base, err);
	if (r < 0)
		return r;
	source.base = base;
	source.disk = (struct disk){.ops = &ops,
				    .name = args[0],
				    .size = strtoull(args[2], NULL, 10) * GIB,
				    .sector_size = base->sector_size};
	return vhdx_write(fd, args[1], &spec, &source.disk, NULL, err);
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;

	if (argc != 5 && argc != 6) {
		fprintf(stderr, "Usage: bench_source IMAGE OUTPUT SIZE_GIB DATA_GIB [PERIOD]\n");
		return 2;
	}
	if (make((const char *const *)argv + 1, &err) < 0) {
		fprintf(stderr, "bench_source: %s\n", err.message);
		return 1;
	}
	return 0;
}
