/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The VHDX reader and checker, log and parent locator included.
 *
 * The first byte of the input chooses one of the sound images of 8 MiB: dynamic, differencing (its
 * parent cannot be found, so the locator is what is read), or one with a dirty log. The rest are
 * patches, see fuzz_image.h. Checksums are put right after patching.
 */
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_image.h"
#include "vhd/crc32c.h"
#include "vhd/vhdx_format.h"

#define BLOCKS	 4
#define SIZE	 (8 * MIB)
#define LOG	 (1 * MIB)
#define METADATA (2 * MIB)
#define BAT	 (3 * MIB)
#define DATA	 (4 * MIB)

enum kind { DYNAMIC, DIFFERENCING, DIRTY, KINDS };

static void seal(int fd, uint64_t offset, size_t size)
{
	static uint8_t bytes[64 * 1024];
	uint8_t checksum[4];

	fuzz_get(fd, offset, bytes, size);
	put_le32(checksum, crc32c_without_field(bytes, size, 4));
	fuzz_put(fd, offset + 4, checksum, 4);
}

static void seal_header0(int fd)
{
	seal(fd, VHDX_HEADER_OFFSET(0), VHDX_HEADER_SIZE);
}

static void seal_header1(int fd)
{
	seal(fd, VHDX_HEADER_OFFSET(1), VHDX_HEADER_SIZE);
}

static void seal_regions0(int fd)
{
	seal(fd, VHDX_REGIONS_OFFSET(0), VHDX_REGIONS_SIZE);
}

static void seal_regions1(int fd)
{
	seal(fd, VHDX_REGIONS_OFFSET(1), VHDX_REGIONS_SIZE);
}

/* Entries that stand at the first positions of the log, one behind the other. */
static void seal_log(int fd)
{
	uint8_t head[16];

	for (uint64_t at = 0; at < 16 * VHDX_LOG_SECTOR;) {
		uint32_t length;

		fuzz_get(fd, LOG + at, head, sizeof(head));
		length = get_le32(head + 8);
		if (memcmp(head, VHDX_ENTRY_SIGNATURE, 4) != 0 || length < VHDX_LOG_SECTOR ||
		    length > 16 * VHDX_LOG_SECTOR || length % VHDX_LOG_SECTOR)
			break;
		seal(fd, LOG + at, length);
		at += length;
	}
}

static void put_header(int fd, unsigned int i, enum kind kind)
{
	uint8_t header[96] = "head";

	put_le64(header + 8, i);
	memset(header + 16, 1, 32);
	memset(header + 48, kind == DIRTY ? 7 : 0, 16);
	put_le16(header + 66, 1);
	put_le32(header + 68, MIB);
	put_le64(header + 72, LOG);
	fuzz_put(fd, VHDX_HEADER_OFFSET(i), header, sizeof(header));
}

static void put_regions(int fd, unsigned int i)
{
	static const struct guid bat = {{0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6, 0, 0x42, 0x9d, 0x64,
					 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08}};
	uint8_t table[96] = "regi";

	put_le32(table + 8, 2);
	memcpy(table + 16, bat.bytes, 16);
	put_le64(table + 32, BAT);
	put_le32(table + 40, MIB);
	put_le32(table + 44, 1);
	memcpy(table + 48, VHDX_REGION_METADATA.bytes, 16);
	put_le64(table + 64, METADATA);
	put_le32(table + 72, MIB);
	put_le32(table + 76, 1);
	fuzz_put(fd, VHDX_REGIONS_OFFSET(i), table, sizeof(table));
}

static void put_item(uint8_t *table, unsigned int i, struct guid guid, uint32_t offset,
		     uint32_t length, uint32_t flags)
{
	uint8_t *entry = table + 32 + 32 * i;

	memcpy(entry, guid.bytes, 16);
	put_le32(entry + 16, 65536 + offset);
	put_le32(entry + 20, length);
	put_le32(entry + 24, flags);
}

/* parent_linkage and relative_path */
static uint32_t put_locator(uint8_t *at)
{
	static const char *const text[2][2] = {
		{"parent_linkage", "{01010101-0101-0101-0101-010101010101}"},
		{"relative_path", ".\\p"},
	};
	uint32_t used = 44;

	memcpy(at, VHDX_LOCATOR_TYPE.bytes, 16);
	put_le16(at + 18, 2);
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 2; j++) {
			put_le32(at + 20 + 12 * i + 4 * j, used);
			put_le16(at + 28 + 12 * i + 2 * j, (uint16_t)(2 * strlen(text[i][j])));
			for (const char *c = text[i][j]; *c; c++, used += 2)
				at[used] = (uint8_t)*c;
		}
	return used;
}

static void put_metadata(int fd, enum kind kind)
{
	uint8_t table[256] = "metadata", values[1024] = {0};

	put_le16(table + 10, kind == DIFFERENCING ? 6 : 5);
	put_item(table, 0, VHDX_FILE_PARAMETERS, 0, 8, 4);
	put_item(table, 1, VHDX_DISK_SIZE, 8, 8, 6);
	put_item(table, 2, VHDX_DISK_ID, 16, 16, 6);
	put_item(table, 3, VHDX_LOGICAL_SECTOR, 32, 4, 6);
	put_item(table, 4, VHDX_PHYSICAL_SECTOR, 36, 4, 6);
	put_le32(values, MIB);
	put_le32(values + 4, kind == DIFFERENCING ? 2 : 0);
	put_le64(values + 8, BLOCKS * MIB);
	put_le32(values + 32, 512);
	put_le32(values + 36, 4096);
	if (kind == DIFFERENCING)
		put_item(table, 5, VHDX_PARENT_LOCATOR, 256, put_locator(values + 256), 4);
	fuzz_put(fd, METADATA, table, sizeof(table));
	fuzz_put(fd, METADATA + 65536, values, sizeof(values));
}

/* One entry of two pages: the BAT as it is, and zeros. */
static void put_log(int fd)
{
	uint8_t entry[2 * VHDX_LOG_SECTOR] = "loge";

	put_le32(entry + 8, sizeof(entry));
	put_le64(entry + 16, 5);
	put_le32(entry + 24, 2);
	memset(entry + 32, 7, 16);
	put_le64(entry + 48, SIZE);
	put_le64(entry + 56, SIZE);
	memcpy(entry + 64, "desc", 4);
	fuzz_get(fd, BAT, entry + 72, 8);
	put_le64(entry + 80, BAT);
	put_le64(entry + 88, 5);
	memcpy(entry + 96, "zero", 4);
	put_le64(entry + 104, 4096);
	put_le64(entry + 112, BAT + 8192);
	put_le64(entry + 120, 5);
	fuzz_get(fd, BAT + 8, entry + 4096 + 8, 4084);
	memcpy(entry + 4096, "data", 4);
	put_le32(entry + 8188, 5);
	fuzz_put(fd, LOG, entry, sizeof(entry));
}

static int make(enum kind kind)
{
	int fd = fuzz_memfd(SIZE);
	uint8_t bat[8];

	fuzz_put(fd, 0, "vhdxfile", 8);
	put_metadata(fd, kind);
	for (unsigned int i = 0; i < BLOCKS - 1; i++) {
		put_le64(bat, (DATA + i * MIB) | (kind == DIFFERENCING ? 7 : 6));
		fuzz_put(fd, BAT + 8 * i, bat, 8);
	}
	put_le64(bat, (DATA + 3 * MIB) | 6);
	if (kind == DIFFERENCING)
		fuzz_put(fd, BAT + 8 * 4096, bat, 8);
	if (kind == DIRTY)
		put_log(fd);
	for (unsigned int i = 0; i < 2; i++) {
		put_header(fd, i, kind);
		put_regions(fd, i);
	}
	seal_header0(fd);
	seal_header1(fd);
	seal_regions0(fd);
	seal_regions1(fd);
	seal_log(fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fuzz_place places[] = {
		{0, 0, NULL},
		{VHDX_HEADER_OFFSET(0), 1, seal_header0},
		{VHDX_HEADER_OFFSET(1), 1, seal_header1},
		{VHDX_REGIONS_OFFSET(0), 1, seal_regions0},
		{VHDX_REGIONS_OFFSET(1), 1, seal_regions1},
		{METADATA, 1, NULL},
		{METADATA + 65536, 1, NULL},
		{BAT, 8, NULL},
		{LOG, 1, seal_log},
		{DATA + 3 * MIB, 1, NULL}, /* the bitmap */
		{0, 512, NULL},
		{VHDX_HEADER_OFFSET(0), 1, NULL}, /* torn copies */
		{VHDX_HEADER_OFFSET(1), 1, NULL},
		{VHDX_REGIONS_OFFSET(0), 1, NULL},
	};
	static struct fuzz_image images[KINDS];
	enum kind kind = size ? (enum kind)(data[0] % KINDS) : DYNAMIC;

	if (!images[kind].places)
		images[kind] = (struct fuzz_image){.fd = make(kind),
						   .format = VHD_OPEN_VHDX,
						   .size = SIZE,
						   .places = places,
						   .place_count = ARRAY_SIZE(places)};
	if (size > 0)
		fuzz_image_run(&images[kind], data + 1, size - 1);
	return 0;
}
