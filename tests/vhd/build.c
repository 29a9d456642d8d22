/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Images made byte by byte: see build.h. */
#include "tests/vhd/build.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "common/utf16.h"
#include "tests/vhd/support.h"
#include "vhd/crc32c.h"
#include "vhd/io.h"

static int open_rw(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	cr_assert(fd >= 0, "%s", path);
	return fd;
}

static void put(int fd, const void *bytes, size_t length, uint64_t offset)
{
	cr_assert_eq(io_write(fd, bytes, length, offset), 0);
}

/* Zeros without storing them. */
static void clear(int fd, uint64_t offset, uint64_t length)
{
	cr_assert_eq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
			       (off_t)length),
		     0);
}

/* The same random bytes at an image's and the oracle's place. */
static void put_random(int image, uint64_t at, int oracle, uint64_t offset, uint64_t length,
		       uint64_t *state)
{
	uint8_t buffer[4096];

	while (length > 0) {
		size_t n = (size_t)min_u64(length, sizeof(buffer));

		for (size_t i = 0; i < sizeof(buffer); i += 8)
			put_le64(buffer + i, next_random(state));
		put(image, buffer, n, at);
		if (oracle >= 0)
			put(oracle, buffer, n, offset);
		at += n;
		offset += n;
		length -= n;
	}
}

struct builder {
	const struct vhdx_recipe *recipe;
	int image, oracle;
	uint64_t state;
	uint64_t blocks, ratio, chunks;
	uint64_t end; /* of the file */
	uint8_t *bat;
	size_t bat_size;
};

static uint64_t *shuffled(uint64_t count, uint64_t *state)
{
	uint64_t *order = calloc(count, sizeof(*order));

	cr_assert(order);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t j = next_random(state) % (i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	return order;
}

static unsigned int pick_state(struct builder *b)
{
	unsigned int state;

	do
		state = (unsigned int)(next_random(&b->state) % 8);
	while (!(b->recipe->states & 1u << state));
	return state;
}

/* Random stretches of a block of state 6 or 7, whole sectors; for state 7 the bits are set in
 * 'bits'. */
static void fill_block(struct builder *b, uint64_t offset, uint64_t size, uint64_t at,
		       uint8_t *bits)
{
	uint32_t sector = b->recipe->sector_size;

	for (unsigned int i = 0; i < 5; i++) {
		uint64_t count = next_random(&b->state) % 40 + 1,
			 first = next_random(&b->state) % (size / sector);

		count = min_u64(count, size / sector - first);
		put_random(b->image, at + first * sector, b->oracle, offset + first * sector,
			   count * sector, &b->state);
		if (next_random(&b->state) % 4 == 0) { /* written with zeros */
			clear(b->image, at + first * sector, count * sector);
			clear(b->oracle, offset + first * sector, count * sector);
		}
		for (uint64_t j = first; bits && j < first + count; j++)
			bits[j / 8] |= (uint8_t)(1u << j % 8);
	}
}

static void build_block(struct builder *b, uint64_t block)
{
	uint32_t block_size = b->recipe->block_size;
	uint64_t offset = block * block_size, size = min_u64(block_size, b->recipe->size - offset);
	uint64_t index = block + block / b->ratio, chunk = block / b->ratio;
	unsigned int state = pick_state(b);
	uint64_t bits_at = get_le64(b->bat + ((chunk + 1) * b->ratio + chunk) * 8) & ~(MIB - 1);
	size_t bits_size = block_size / b->recipe->sector_size / 8;
	CLEANUP_FREE uint8_t *bits = calloc(1, bits_size);

	put_le64(b->bat + index * 8, state);
	if (state == 0)
		return;
	if (state != 7)
		clear(b->oracle, offset, size);
	if (state < 6)
		return;
	put_le64(b->bat + index * 8, b->end | state);
	/* Garbage in sectors whose bit is not set must not be seen. */
	if (state == 7)
		put_random(b->image, b->end, -1, 0, min_u64(size, 64 * KIB), &b->state);
	fill_block(b, offset, size, b->end, state == 7 ? bits : NULL);
	if (state == 7)
		put(b->image, bits, bits_size, bits_at + block % b->ratio * bits_size);
	b->end += block_size;
}

static void build_bitmaps(struct builder *b)
{
	for (uint64_t chunk = 0; b->recipe->linkage && chunk < b->chunks; chunk++) {
		put_le64(b->bat + ((chunk + 1) * b->ratio + chunk) * 8, b->end | 6);
		b->end += MIB;
	}
}

/* Take the bitmap entries of chunks without a block of state 7 away again. */
static void drop_bitmaps(struct builder *b)
{
	for (uint64_t chunk = 0; b->recipe->linkage && chunk < b->chunks; chunk++) {
		bool needed = false;

		for (uint64_t i = 0; i < b->ratio; i++)
			needed |= (get_le64(b->bat + (chunk * (b->ratio + 1) + i) * 8) & 7) == 7;
		if (!needed)
			put_le64(b->bat + ((chunk + 1) * b->ratio + chunk) * 8, 0);
	}
}

static void put_item(uint8_t *table, unsigned int i, struct guid guid, uint32_t offset,
		     uint32_t length, uint32_t flags)
{
	uint8_t *entry = table + 32 + 32 * i;

	memcpy(entry, guid.bytes, 16);
	put_le32(entry + 16, offset);
	put_le32(entry + 20, length);
	put_le32(entry + 24, flags);
	put_le16(table + 10, (uint16_t)(i + 1));
}

/* Append a pair to the locator at 'bytes'; *used is the length so far. */
static void put_pair(uint8_t *bytes, uint32_t *used, const char *key, const char *value)
{
	uint16_t i = get_le16(bytes + 18);
	uint8_t *entry = bytes + 20 + 12 * i;
	const char *const text[2] = {key, value};

	put_le16(bytes + 18, (uint16_t)(i + 1));
	for (size_t n = 0; n < 2; n++) {
		size_t size;
		CLEANUP_FREE uint8_t *wide = utf8_to_utf16le(text[n], &size);

		memcpy(bytes + *used, wide, size - 2);
		put_le32(entry + 4 * n, *used);
		put_le16(entry + 8 + 2 * n, (uint16_t)(size - 2));
		*used += (uint32_t)size - 2;
	}
}

static uint32_t build_locator(const struct vhdx_recipe *recipe, uint8_t *bytes)
{
	static const uint8_t type[16] = {0xb7, 0xef, 0x4a, 0xb0, 0x9e, 0xd1, 0x81, 0x4a,
					 0xb7, 0x89, 0x25, 0xb8, 0xe9, 0x44, 0x59, 0x13};
	char text[GUID_TEXT_SIZE], braces[GUID_TEXT_SIZE + 2];
	uint32_t used = 256;

	memcpy(bytes, type, sizeof(type));
	snprintf(braces, sizeof(braces), "{%s}", guid_format(recipe->linkage, text));
	put_pair(bytes, &used, "parent_linkage", braces);
	if (recipe->relative_path)
		put_pair(bytes, &used, "relative_path", recipe->relative_path);
	if (recipe->absolute_path)
		put_pair(bytes, &used, "absolute_win32_path", recipe->absolute_path);
	if (recipe->volume_path)
		put_pair(bytes, &used, "volume_path", recipe->volume_path);
	return used;
}

static void build_metadata(struct builder *b)
{
	const struct vhdx_recipe *recipe = b->recipe;
	CLEANUP_FREE uint8_t *bytes = calloc(1, 128 * KIB);
	uint8_t *at = bytes + 64 * KIB;

	memcpy(bytes, "metadata", 8);
	put_item(bytes, 0, GUID(0xcaa16737, 0xfa36, 0x4d43, 0xb3b6, 0x33f0aa44e76b), 65536, 8, 4);
	put_item(bytes, 1, GUID(0x2fa54224, 0xcd1b, 0x4876, 0xb211, 0x5dbed83bf4b8), 65544, 8, 6);
	put_item(bytes, 2, GUID(0xbeca12ab, 0xb2e6, 0x4523, 0x93ef, 0xc309e000c746), 65552, 16, 6);
	put_item(bytes, 3, GUID(0x8141bf1d, 0xa96f, 0x4709, 0xba47, 0xf233a8faab5f), 65568, 4, 6);
	put_item(bytes, 4, GUID(0xcda348c7, 0x445d, 0x4471, 0x9cc9, 0xe9885251c556), 65572, 4, 6);
	put_le32(at, recipe->block_size);
	put_le32(at + 4, (recipe->leave_allocated ? 1 : 0) | (recipe->linkage ? 2 : 0));
	put_le64(at + 8, recipe->size);
	memset(at + 16, 0x5a, 16);
	put_le32(at + 32, recipe->sector_size);
	put_le32(at + 36, 4096);
	if (recipe->linkage)
		put_item(bytes, 5, GUID(0xa8d35f2d, 0xb30b, 0x454d, 0xabf7, 0xd3d84834ab0c),
			 65536 + 4096, build_locator(recipe, at + 4096), 4);
	put(b->image, bytes, 128 * KIB, BUILD_METADATA_OFFSET);
}

static void build_front(struct builder *b)
{
	uint8_t header[4096] = "head", table[96] = "regi";

	put(b->image, "vhdxfile", 8, 0);
	put_le16(header + 66, 1);
	put_le32(header + 68, BUILD_LOG_LENGTH);
	put_le64(header + 72, BUILD_LOG_OFFSET);
	memset(header + 16, 0x77, 16);
	memcpy(header + 32, b->recipe->data_write.bytes, 16);
	for (unsigned int i = 0; i < 2; i++) {
		put_le64(header + 8, 7 + i);
		put(b->image, header, sizeof(header), 64 * KIB * (1 + i));
	}
	put_le32(table + 8, 2);
	memcpy(table + 16, GUID(0x2dc27766, 0xf623, 0x4200, 0x9d64, 0x115e9bfd4a08).bytes, 16);
	put_le64(table + 32, BUILD_BAT_OFFSET);
	put_le32(table + 40, (uint32_t)b->bat_size);
	put_le32(table + 44, 1);
	memcpy(table + 48, GUID(0x8b7ca206, 0x4790, 0x4b9a, 0xb8fe, 0x575f050f886e).bytes, 16);
	put_le64(table + 64, BUILD_METADATA_OFFSET);
	put_le32(table + 72, MIB);
	put_le32(table + 76, 1);
	for (unsigned int i = 0; i < 2; i++)
		put(b->image, table, sizeof(table), 64 * KIB * (3 + i));
}

void build_vhdx(const char *path, const char *oracle, const struct vhdx_recipe *recipe)
{
	CLEANUP_FD int image_fd = open_rw(path);
	CLEANUP_FD int oracle_fd = open_rw(oracle);
	struct builder b = {
		.recipe = recipe,
		.image = image_fd,
		.oracle = oracle_fd,
		.state = recipe->seed * 2 + 1,
		.blocks = div_round_up(recipe->size, recipe->block_size),
		.ratio = (UINT64_C(1) << 23) * recipe->sector_size / recipe->block_size,
	};
	CLEANUP_FREE uint64_t *order = shuffled(b.blocks, &b.state);

	b.chunks = div_round_up(b.blocks, b.ratio);
	b.bat_size = div_round_up(b.chunks * (b.ratio + 1) * 8, MIB) * MIB;
	b.bat = calloc(1, b.bat_size);
	b.end = BUILD_BAT_OFFSET + b.bat_size;
	cr_assert_eq(ftruncate(oracle_fd, (off_t)recipe->size), 0);
	build_bitmaps(&b);
	for (uint64_t i = 0; i < b.blocks; i++)
		build_block(&b, order[i]);
	if (recipe->spare_bitmaps)
		drop_bitmaps(&b);
	cr_assert_eq(ftruncate(image_fd, (off_t)b.end), 0);
	build_metadata(&b);
	build_front(&b);
	put(image_fd, b.bat, b.bat_size, BUILD_BAT_OFFSET);
	free(b.bat);
	for (unsigned int i = 0; i < 2; i++) {
		seal_header(path, i);
		seal_regions(path, i);
	}
}

static void seal(const char *path, uint64_t offset, size_t size)
{
	CLEANUP_FREE uint8_t *bytes = malloc(size);

	peek(path, offset, bytes, size);
	put_le32(bytes + 4, crc32c_without_field(bytes, size, 4));
	patch(path, offset, bytes, size);
}

void seal_header(const char *path, unsigned int i)
{
	seal(path, 64 * KIB * (1 + i), 4096);
}

void seal_regions(const char *path, unsigned int i)
{
	seal(path, 64 * KIB * (3 + i), 64 * KIB);
}

void seal_vhd(const char *path, uint64_t offset, size_t size, size_t field)
{
	uint8_t bytes[1024];
	uint32_t sum = 0;

	peek(path, offset, bytes, size);
	put_be32(bytes + field, 0);
	for (size_t i = 0; i < size; i++)
		sum += bytes[i];
	put_be32(bytes + field, ~sum);
	patch(path, offset, bytes, size);
}

/*
 * Bitmaps with every mix of bits in a byte; data in all sectors, so that ignoring a bit is noticed.
 */
static void build_vhd_block(int image, int oracle, const struct vhd_recipe *recipe, uint64_t offset,
			    uint64_t at, uint64_t *state)
{
	uint64_t size = min_u64(recipe->block_size, recipe->size - offset);
	size_t bitmap_size = (size_t)div_round_up(recipe->block_size / 512, 4096) * 512;
	CLEANUP_FREE uint8_t *bits = calloc(1, bitmap_size);
	/* Half of the blocks are written in full, as Hyper-V does, the others in a small part. */
	bool is_full = next_random(state) % 2;

	if (recipe->type == BUILD_VHD_DYNAMIC)
		clear(oracle, offset, size);
	for (uint64_t i = 0; i < size / 512; i++) {
		bool here = is_full ? i < 300 : i < 100 && next_random(state) % 3 == 0;

		if (i < 300)
			put_random(image, at + bitmap_size + i * 512, here ? oracle : -1,
				   offset + i * 512, 512, state);
		if (is_full && !here)
			clear(oracle, offset + i * 512, 512);
		if (here || is_full)
			bits[i / 8] |= (uint8_t)(0x80 >> i % 8);
	}
	put(image, bits, bitmap_size, at);
}

static void put_vhd_locator(int image, uint8_t *header, unsigned int i, const char *code,
			    const char *path, uint64_t at)
{
	uint8_t *entry = header + 576 + 24 * i;
	size_t size;
	CLEANUP_FREE uint8_t *wide = path ? utf8_to_utf16le(path, &size) : NULL;

	if (!wide)
		return;
	memcpy(entry, code, 4);
	put_be32(entry + 4, 512);
	put_be32(entry + 8, (uint32_t)size - 2);
	put_be64(entry + 16, at);
	put(image, wide, size - 2, at);
}

static void put_footer(int image, const struct vhd_recipe *recipe, uint64_t at)
{
	uint8_t footer[512] = "conectix";

	put_be32(footer + 8, 2);
	put_be32(footer + 12, 0x10000);
	put_be64(footer + 16, recipe->type == BUILD_VHD_FIXED ? UINT64_MAX : 512);
	put_be64(footer + 40, recipe->size);
	put_be64(footer + 48, recipe->size);
	put_be32(footer + 60, recipe->type);
	memcpy(footer + 68, recipe->id.bytes, 16);
	put(image, footer, sizeof(footer), at);
}

static uint64_t build_vhd_dynamic(int image, int oracle, const struct vhd_recipe *recipe,
				  uint64_t *state)
{
	uint64_t blocks = div_round_up(recipe->size, recipe->block_size), end = 16 * KIB;
	size_t bat_size = div_round_up(blocks * 4, 512) * 512;
	CLEANUP_FREE uint8_t *bat = malloc(bat_size);
	CLEANUP_FREE uint64_t *order = shuffled(blocks, state);
	uint8_t header[1024] = "cxsparse";

	memset(bat, 0xff, bat_size);
	end = div_round_up(end + bat_size, 512) * 512;
	for (uint64_t i = 0; i < blocks; i++) {
		if (next_random(state) % 3 == 0)
			continue;
		put_be32(bat + order[i] * 4, (uint32_t)(end / 512));
		build_vhd_block(image, oracle, recipe, order[i] * recipe->block_size, end, state);
		end += recipe->block_size + div_round_up(recipe->block_size / 512, 4096) * 512;
	}
	memset(header + 8, 0xff, 8);
	put_be64(header + 16, 16 * KIB);
	put_be32(header + 24, 0x10000);
	put_be32(header + 28, (uint32_t)blocks);
	put_be32(header + 32, recipe->block_size);
	if (recipe->parent_id)
		memcpy(header + 40, recipe->parent_id->bytes, 16);
	put_vhd_locator(image, header, 0, "W2ku", recipe->absolute_path, 4096);
	put_vhd_locator(image, header, 1, "W2ru", recipe->relative_path, 8192);
	put(image, header, sizeof(header), 512);
	put(image, bat, bat_size, 16 * KIB);
	put_footer(image, recipe, 0);
	return end;
}

void build_vhd(const char *path, const char *oracle, const struct vhd_recipe *recipe)
{
	CLEANUP_FD int image = open_rw(path);
	CLEANUP_FD int oracle_fd = open_rw(oracle);
	uint64_t state = recipe->seed * 2 + 1, end = recipe->size;

	cr_assert_eq(ftruncate(oracle_fd, (off_t)recipe->size), 0);
	if (recipe->type == BUILD_VHD_FIXED)
		for (unsigned int i = 0; i < 20; i++) {
			uint64_t at = next_random(&state) % (recipe->size / 512) * 512;

			put_random(image, at, oracle_fd, at, min_u64(recipe->size - at, 20000),
				   &state);
		}
	else
		end = build_vhd_dynamic(image, oracle_fd, recipe, &state);
	put_footer(image, recipe, end);
	seal_vhd(path, end, 512, 64);
	if (recipe->type != BUILD_VHD_FIXED) {
		seal_vhd(path, 0, 512, 64);
		seal_vhd(path, 512, 1024, 36);
	}
}

/* Bytes of the ring, which goes round. */
static void put_ring(int fd, uint32_t at, const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i += 4096)
		put(fd, bytes + i, 4096, BUILD_LOG_OFFSET + (at + i) % BUILD_LOG_LENGTH);
}

uint32_t build_log_entry(const char *path, const struct log_recipe *recipe)
{
	CLEANUP_FD int fd = open_rw(path);
	size_t head = (size_t)div_round_up(64 + 32 * recipe->count, 4096) * 4096, length = head;
	CLEANUP_FREE uint8_t *bytes = calloc(1, head + recipe->count * 4096);

	for (size_t i = 0; i < recipe->count; i++) {
		const struct log_page *page = &recipe->pages[i];
		uint8_t *descriptor = bytes + 64 + 32 * i, *data = bytes + length;

		memcpy(descriptor, page->page ? "desc" : "zero", 4);
		put_le64(descriptor + 16, page->target);
		put_le64(descriptor + 24, recipe->sequence);
		if (!page->page) {
			put_le64(descriptor + 8, page->length);
			continue;
		}
		memcpy(descriptor + 4, page->page + 4092, 4);
		memcpy(descriptor + 8, page->page, 8);
		memcpy(data, page->page, 4096);
		memcpy(data, "data", 4);
		put_le32(data + 4, (uint32_t)(recipe->sequence >> 32));
		put_le32(data + 4092, (uint32_t)recipe->sequence);
		length += 4096;
	}
	memcpy(bytes, "loge", 4);
	put_le32(bytes + 8, (uint32_t)length);
	put_le32(bytes + 12, recipe->tail);
	put_le64(bytes + 16, recipe->sequence);
	put_le32(bytes + 24, (uint32_t)recipe->count);
	memcpy(bytes + 32, recipe->guid.bytes, 16);
	put_le64(bytes + 48, recipe->flushed);
	put_le64(bytes + 56, recipe->last);
	put_le32(bytes + 4, crc32c(0, bytes, length));
	put_ring(fd, recipe->at, bytes, length);
	return (uint32_t)((recipe->at + length) % BUILD_LOG_LENGTH);
}

void set_log_guid(const char *path, const struct guid *guid)
{
	for (unsigned int i = 0; i < 2; i++) {
		patch(path, 64 * KIB * (1 + i) + 48, guid->bytes, 16);
		seal_header(path, i);
	}
}
