/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OVMF variable stores, made from nothing and read: see ovmf.h. */
#include "nvram/ovmf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"
#include "nvram/internal.h"

#define VOLUME_GUID	     0x10
#define VOLUME_LENGTH	     0x20
#define VOLUME_SIGNATURE     0x28
#define VOLUME_ATTRIBUTES    0x2c
#define VOLUME_HEADER_LENGTH 0x30
#define VOLUME_CHECKSUM	     0x32
#define VOLUME_REVISION	     0x37
#define VOLUME_BLOCKS	     0x38
#define VOLUME_BLOCK_SIZE    0x3c
#define VOLUME_HEADER_SIZE   0x48
#define VOLUME_ATTRIBUTES_VALUE                                                                    \
	0x0004feffU /* readable, writable, memory mapped, erase polarity 1, ... */
#define FLASH_BLOCK 0x1000U

#define STORE_GUID	  0x00
#define STORE_SIZE	  0x10 /* with this header */
#define STORE_FORMAT	  0x14
#define STORE_STATE	  0x15
#define STORE_HEADER_SIZE 28
#define STORE_FORMATTED	  0x5a
#define STORE_HEALTHY	  0xfe

#define NV_DATA_GUID	 GUID(0xfff12b8d, 0x7696, 0x4c8b, 0xa985, 0x2747075b4f50)
#define AUTH_STORE_GUID	 GUID(0xaaf32c78, 0x947b, 0x439a, 0xa180, 0x2e144ec37792)
#define PLAIN_STORE_GUID GUID(0xddcf3616, 0x3275, 0x4164, 0x98b6, 0xfe85707ffe7d)

/* Fault tolerant write: UpdateWorkingBlock.c */
#define WORKING_GUID	   GUID(0x9e58292b, 0x7c68, 0x497d, 0xa0ce, 0x6500fd9f1b95)
#define WORKING_CHECKSUM   16 /* CRC-32 of the header with checksum and state FF */
#define WORKING_STATE	   20
#define WORKING_QUEUE_SIZE 24 /* u64 */
#define WORKING_HEADER	   32
#define WORKING_VALID	   0xfe

/* Living and dead; bounds the search for the successor of a record that is being replaced. */
#define MAX_RECORDS 8192

/* The 4M layout of VarStore.fdf.inc: variables, event log, working block, spare area of the same
 * size as all three. */
#define NEW_VARIABLES 0x40000U
#define NEW_WORKING   0x41000U

static uint16_t sum16(const uint8_t *bytes, size_t size)
{
	unsigned int sum = 0;

	for (size_t i = 0; i + 2 <= size; i += 2)
		sum += get_le16(bytes + i);
	return (uint16_t)sum;
}

static void build_volume_header(uint8_t *volume, uint32_t size)
{
	struct guid guid = NV_DATA_GUID;

	memset(volume, 0, VOLUME_HEADER_SIZE);
	memcpy(volume + VOLUME_GUID, guid.bytes, sizeof(guid.bytes));
	put_le64(volume + VOLUME_LENGTH, size);
	memcpy(volume + VOLUME_SIGNATURE, "_FVH", 4);
	put_le32(volume + VOLUME_ATTRIBUTES, VOLUME_ATTRIBUTES_VALUE);
	put_le16(volume + VOLUME_HEADER_LENGTH, VOLUME_HEADER_SIZE);
	volume[VOLUME_REVISION] = 2;
	put_le32(volume + VOLUME_BLOCKS, size / FLASH_BLOCK);
	put_le32(volume + VOLUME_BLOCK_SIZE, FLASH_BLOCK);
	put_le16(volume + VOLUME_CHECKSUM, (uint16_t)-sum16(volume, VOLUME_HEADER_SIZE));
}

static void build_store_header(uint8_t *store, uint32_t size)
{
	struct guid guid = AUTH_STORE_GUID;

	memset(store, 0, STORE_HEADER_SIZE);
	memcpy(store + STORE_GUID, guid.bytes, sizeof(guid.bytes));
	put_le32(store + STORE_SIZE, size);
	store[STORE_FORMAT] = STORE_FORMATTED;
	store[STORE_STATE] = STORE_HEALTHY;
}

/* The block around it is FF already. */
static void build_working_block(uint8_t *block)
{
	struct guid guid = WORKING_GUID;
	uint32_t checksum;

	memcpy(block, guid.bytes, sizeof(guid.bytes));
	put_le64(block + WORKING_QUEUE_SIZE, FLASH_BLOCK - WORKING_HEADER);
	checksum = (uint32_t)crc32(0, block, WORKING_HEADER);
	put_le32(block + WORKING_CHECKSUM, checksum);
	block[WORKING_STATE] = WORKING_VALID;
}

int nvram_encode_ovmf(const struct nvram *nvram, uint8_t **ret, size_t *ret_size, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = malloc(OVMF_4M_SIZE);
	struct ovmf ovmf = {.first = VOLUME_HEADER_SIZE + STORE_HEADER_SIZE,
			    .end = NEW_VARIABLES,
			    .record_header = OVMF_AUTH_HEADER};

	if (!bytes)
		return error_failed(err, ENOMEM, "OVMF store: out of memory");
	memset(bytes, 0xff, OVMF_4M_SIZE);
	build_volume_header(bytes, OVMF_4M_SIZE);
	build_store_header(bytes + VOLUME_HEADER_SIZE, NEW_VARIABLES - VOLUME_HEADER_SIZE);
	build_working_block(bytes + NEW_WORKING);
	ovmf.free = ovmf.first;
	for (size_t i = 0; i < nvram->count; i++) {
		int r = ovmf_append(bytes, &ovmf, OVMF_4M_SIZE, &nvram->variables[i], err);

		if (r < 0)
			return r;
	}
	*ret = TAKE(bytes);
	*ret_size = OVMF_4M_SIZE;
	return 0;
}

bool ovmf_is_store(const uint8_t *bytes, size_t size)
{
	struct guid guid = NV_DATA_GUID;

	return size >= VOLUME_HEADER_SIZE && memcmp(bytes + VOLUME_SIGNATURE, "_FVH", 4) == 0 &&
	       memcmp(bytes + VOLUME_GUID, guid.bytes, sizeof(guid.bytes)) == 0;
}

static int parse_volume(const struct file_bytes *file, size_t *ret_header, struct error *err)
{
	size_t header;

	if (!ovmf_is_store(file->data, file->size))
		return error_damaged(err, "'%s': no firmware volume with variables", file->name);
	header = get_le16(file->data + VOLUME_HEADER_LENGTH);
	if (header < VOLUME_HEADER_SIZE || header % 2 != 0 || header > file->size ||
	    get_le64(file->data + VOLUME_LENGTH) > file->size)
		return error_damaged(err, "'%s': firmware volume of %llu bytes in a file of %zu",
				     file->name,
				     (unsigned long long)get_le64(file->data + VOLUME_LENGTH),
				     file->size);
	if (sum16(file->data, header) != 0)
		return error_damaged(err, "'%s': wrong checksum in the firmware volume header",
				     file->name);
	*ret_header = header;
	return 0;
}

static int parse_store(const struct file_bytes *file, size_t at, struct ovmf *ovmf,
		       struct error *err)
{
	const struct guid auth = AUTH_STORE_GUID, plain = PLAIN_STORE_GUID;
	const uint8_t *store = file->data + at;
	struct guid guid;

	if (file->size - at < STORE_HEADER_SIZE)
		return error_damaged(err, "'%s': variable store header at %zu of %zu bytes",
				     file->name, at, file->size);
	memcpy(guid.bytes, store + STORE_GUID, sizeof(guid.bytes));
	if (!guid_equal(&guid, &auth) && !guid_equal(&guid, &plain))
		return error_damaged(err, "'%s': unknown kind of variable store at %zu", file->name,
				     at);
	if (store[STORE_FORMAT] != STORE_FORMATTED || store[STORE_STATE] != STORE_HEALTHY)
		return error_damaged(err, "'%s': the variable store at %zu is not formatted",
				     file->name, at);
	if (get_le32(store + STORE_SIZE) < STORE_HEADER_SIZE ||
	    get_le32(store + STORE_SIZE) > file->size - at)
		return error_damaged(err, "'%s': variable store of %u bytes at %zu of %zu",
				     file->name, get_le32(store + STORE_SIZE), at, file->size);
	ovmf->record_header = guid_equal(&guid, &auth) ? OVMF_AUTH_HEADER : OVMF_PLAIN_HEADER;
	ovmf->first = div_round_up(at + STORE_HEADER_SIZE, OVMF_ALIGNMENT) * OVMF_ALIGNMENT;
	ovmf->end = at + get_le32(store + STORE_SIZE);
	return 0;
}

int ovmf_parse(const struct file_bytes *file, struct ovmf *ret, struct error *err)
{
	struct ovmf_record record;
	struct ovmf ovmf = {.first = 0};
	size_t header = 0, offset, count = 0;
	int r = parse_volume(file, &header, err);

	if (r == 0)
		r = parse_store(file, header, &ovmf, err);
	if (r < 0)
		return r;
	offset = ovmf.first;
	do {
		ovmf.free = offset;
		r = ovmf_next(file->data, &ovmf, file->name, &offset, &record, err);
	} while (r > 0 && ++count <= MAX_RECORDS);
	if (r > 0)
		return error_damaged(err, "'%s': more than %d records", file->name, MAX_RECORDS);
	if (r == 0)
		*ret = ovmf;
	return r;
}

int ovmf_decode(const struct file_bytes *file, struct nvram *ret, struct error *err)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	struct ovmf_record record;
	struct ovmf ovmf;
	size_t offset;
	int r = ovmf_parse(file, &ovmf, err);

	if (r < 0)
		return r;
	offset = ovmf.first;
	while ((r = ovmf_next(file->data, &ovmf, file->name, &offset, &record, err)) > 0) {
		if (!ovmf_record_lives(file->data, &ovmf, &record))
			continue;
		r = ovmf_record_load(&record, &nvram, err);
		if (r < 0)
			break;
	}
	if (r < 0)
		return r;
	*ret = nvram;
	nvram = (struct nvram)NVRAM_INIT;
	return 0;
}
