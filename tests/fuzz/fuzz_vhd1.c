/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reader and checker of VHD (version 1).
 *
 * The first byte of the input chooses a sound image: fixed, dynamic, or differencing (whose parent
 * cannot be found). The rest are patches, see fuzz_image.h. Checksums are put right after patching.
 */
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_image.h"
#include "vhd/vhd1_format.h"

#define BLOCK_SIZE (512 * KIB)
#define BLOCKS	   4
#define STRIDE	   (VHD1_SECTOR + BLOCK_SIZE)
#define HEADER	   512
#define BAT	   1536
#define LOCATOR	   2048
#define DATA	   4096
#define SIZE	   (DATA + 3 * STRIDE + 512)

static void seal(int fd, uint64_t offset, size_t size, size_t field)
{
	uint8_t bytes[1024];
	uint32_t sum = 0;

	fuzz_get(fd, offset, bytes, size);
	put_be32(bytes + field, 0);
	for (size_t i = 0; i < size; i++)
		sum += bytes[i];
	put_be32(bytes + field, ~sum);
	fuzz_put(fd, offset + field, bytes + field, 4);
}

static void seal_front(int fd)
{
	seal(fd, 0, VHD1_FOOTER_SIZE, VHD1_FOOTER_CHECKSUM_AT);
}

static void seal_end(int fd)
{
	seal(fd, SIZE - 512, VHD1_FOOTER_SIZE, VHD1_FOOTER_CHECKSUM_AT);
}

static void seal_header(int fd)
{
	seal(fd, HEADER, VHD1_HEADER_SIZE, VHD1_HEADER_CHECKSUM_AT);
}

static void put_header(int fd, bool differencing)
{
	static const uint8_t name[] = {'.', 0, '\\', 0, 'p', 0};
	uint8_t header[VHD1_HEADER_SIZE] = VHD1_HEADER_COOKIE;

	put_be64(header + VHD1_BAT_OFFSET_AT, BAT);
	put_be32(header + VHD1_HEADER_VERSION_AT, 0x10000);
	put_be32(header + VHD1_BAT_ENTRIES_AT, BLOCKS);
	put_be32(header + VHD1_BLOCK_SIZE_AT, BLOCK_SIZE);
	if (differencing) {
		memcpy(header + VHD1_LOCATORS_AT, VHD1_LOCATOR_RELATIVE, 4);
		put_be32(header + VHD1_LOCATORS_AT + VHD1_LOCATOR_LENGTH_AT, sizeof(name));
		put_be64(header + VHD1_LOCATORS_AT + VHD1_LOCATOR_OFFSET_AT, LOCATOR);
		fuzz_put(fd, LOCATOR, name, sizeof(name));
	}
	fuzz_put(fd, HEADER, header, sizeof(header));
}

static int make(uint32_t type)
{
	int fd = fuzz_memfd(SIZE);
	uint8_t footer[VHD1_FOOTER_SIZE] = VHD1_COOKIE, bat[4 * BLOCKS];

	put_be32(footer + VHD1_VERSION_AT, VHD1_VERSION);
	put_be64(footer + VHD1_DATA_OFFSET_AT, HEADER);
	put_be64(footer + VHD1_CURRENT_SIZE_AT,
		 type == VHD1_TYPE_FIXED ? SIZE - 512 : BLOCKS * BLOCK_SIZE);
	put_be32(footer + VHD1_TYPE_AT, type);
	fuzz_put(fd, SIZE - 512, footer, sizeof(footer));
	seal_end(fd);
	if (type == VHD1_TYPE_FIXED)
		return fd;
	fuzz_put(fd, 0, footer, sizeof(footer));
	seal_front(fd);
	put_header(fd, type == VHD1_TYPE_DIFFERENCING);
	seal_header(fd);
	for (unsigned int i = 0; i < BLOCKS; i++)
		put_be32(bat + 4 * i,
			 i == 1 ? UINT32_MAX : (uint32_t)((DATA + (i - (i > 1)) * STRIDE) / 512));
	fuzz_put(fd, BAT, bat, sizeof(bat));
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fuzz_place places[] = {
		{0, 0, NULL},
		{0, 1, seal_front},
		{SIZE - 512, 1, seal_end},
		{HEADER, 1, seal_header},
		{BAT, 1, NULL},
		{LOCATOR, 1, NULL},
		{DATA, 1, NULL},
		{0, 512, NULL},
		{SIZE - 512, 1, NULL},
	};
	static struct fuzz_image images[3];
	size_t kind = size ? data[0] % ARRAY_SIZE(images) : 0;

	if (!images[kind].places)
		images[kind] = (struct fuzz_image){.fd = make((uint32_t)(VHD1_TYPE_FIXED + kind)),
						   .format = VHD_OPEN_VHD,
						   .size = SIZE,
						   .places = places,
						   .place_count = ARRAY_SIZE(places)};
	if (size > 0)
		fuzz_image_run(&images[kind], data + 1, size - 1);
	return 0;
}
