/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Patches to an image in memory: see fuzz_image.h. */
#include "tests/fuzz/fuzz_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "vhd/image.h"

#define MAX_PATCHES 64
#define MAX_EXTENTS 2000
#define READ_SIZE   65536

struct undo {
	uint64_t offset;
	size_t length;
	uint8_t bytes[256];
};

int fuzz_memfd(uint64_t size)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		abort();
	return fd;
}

void fuzz_put(int fd, uint64_t offset, const void *bytes, size_t length)
{
	if (pwrite(fd, bytes, length, (off_t)offset) != (ssize_t)length)
		abort();
}

void fuzz_get(int fd, uint64_t offset, void *bytes, size_t length)
{
	memset(bytes, 0, length);
	if (pread(fd, bytes, length, (off_t)offset) < 0)
		abort();
}

/* Walk the block map and read here and there; the extents must cover the disk. */
static void walk(struct disk *disk)
{
	static uint8_t buffer[READ_SIZE];
	uint64_t offset = 0;

	for (unsigned int i = 0; i < MAX_EXTENTS && offset < disk->size; i++) {
		struct disk_extent extent;
		struct error err = ERROR_INIT;

		if (disk_extent(disk, offset, &extent, &err) < 0)
			return;
		if (extent.length == 0 || extent.length > disk->size - offset)
			abort();
		if (disk_read(disk, buffer, (size_t)min_u64(READ_SIZE, disk->size - offset), offset,
			      &err) == 0 &&
		    (extent.kind == DISK_HOLE || extent.kind == DISK_ZERO) &&
		    !is_zero(buffer, (size_t)min_u64(READ_SIZE, extent.length)))
			abort();
		offset += extent.length;
	}
}

/* One file without its parents, as a differencing image cannot be opened without them. */
static void walk_image(const char *path, const struct vhd_open_options *options)
{
	struct image *image = NULL;
	struct error err = ERROR_INIT;
	uint64_t offset = 0, size;

	if (image_open(path, options, NULL, &image, &err) < 0)
		return;
	size = image->info.virtual_size;
	for (unsigned int i = 0; i < MAX_EXTENTS && offset < size; i++) {
		struct image_extent extent;

		if (image->ops->lookup(image, offset, min_u64(size - offset, 3 * MIB), &extent,
				       &err) < 0)
			break;
		if (extent.length == 0 || extent.length > size - offset)
			abort();
		offset += extent.length;
	}
	image_close(image);
}

static void open_and_check(int fd, enum vhd_open_format format)
{
	const struct vhd_open_options options = {.format = format};
	char path[64];
	struct disk *disk = NULL;
	struct vhd_check *check = NULL;
	struct error err = ERROR_INIT;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	walk_image(path, &options);
	if (vhd_open(path, &options, &disk, &err) == 0) {
		walk(disk);
		disk_close(disk);
	} else if (err.kind == ERROR_NONE || err.message[0] == '\0') {
		abort();
	}
	err = (struct error)ERROR_INIT;
	if (vhd_check(path, &options, &check, &err) == 0)
		vhd_check_free(check);
	else if (err.kind == ERROR_NONE)
		abort();
}

static void apply(const struct fuzz_image *image, const struct fuzz_place *place, uint16_t unit,
		  const uint8_t *bytes, size_t length, struct undo *undo)
{
	uint64_t offset = place->offset + (uint64_t)unit * place->unit;

	*undo = (struct undo){.offset = min_u64(offset, image->size), .length = 0};
	undo->length = (size_t)min_u64(length, image->size - undo->offset);
	fuzz_get(image->fd, undo->offset, undo->bytes, undo->length);
	fuzz_put(image->fd, undo->offset, bytes, undo->length);
}

void fuzz_image_run(const struct fuzz_image *image, const uint8_t *data, size_t size)
{
	static struct undo undo[MAX_PATCHES];
	uint64_t cut = image->size;
	uint32_t touched = 0;
	size_t count = 0;

	while (size >= 4 && count < MAX_PATCHES) {
		size_t number = data[0] % image->place_count, length = min_u64(data[3], size - 4);

		if (number == 0)
			cut = min_u64(image->size, get_le16(data + 1) * UINT64_C(4096));
		else
			apply(image, &image->places[number], get_le16(data + 1), data + 4, length,
			      &undo[count++]);
		touched |= 1U << number;
		data += 4 + length;
		size -= 4 + length;
	}
	for (size_t i = 1; i < image->place_count; i++)
		if (touched & 1U << i && image->places[i].seal)
			image->places[i].seal(image->fd);
	if (cut == image->size) {
		open_and_check(image->fd, image->format);
	} else { /* what is cut off would have to be restored: cut a copy of the front */
		int copy = fuzz_memfd(cut);
		uint8_t page[4096];

		for (uint64_t at = 0; at < cut; at += sizeof(page)) {
			fuzz_get(image->fd, at, page, sizeof(page));
			if (!is_zero(page, sizeof(page)))
				fuzz_put(copy, at, page, sizeof(page));
		}
		open_and_check(copy, image->format);
		close(copy);
	}
	while (count-- > 0)
		fuzz_put(image->fd, undo[count].offset, undo[count].bytes, undo[count].length);
	for (size_t i = 1; i < image->place_count; i++)
		if (touched & 1U << i && image->places[i].seal)
			image->places[i].seal(image->fd);
}
