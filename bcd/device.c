/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Device elements. Offsets below count from the start of a descriptor; the element puts 16 bytes of options GUID in
 * front of the outermost one. Layouts from real stores, agreeing with the Windows 8 symbols that ReactOS documents.
 *
 *   0x00 type   0 file or ramdisk, 5 boot, 6 partition, 8 locate; others exist (serial, network) and are kept as they are
 *   0x04 flags  0; 1 for a ramdisk
 *   0x08 size   of the descriptor
 *   0x0c 0
 *
 *   partition   0x10 partition id (GUID | u64 byte offset)  0x20 local type 0 hard disk, 6 virtual disk
 *               0x24 style 0 GPT, 1 MBR  0x28 disk id (GUID | u32 signature)  0x38 sixteen zero bytes
 *               virtual disk: 0x38 the descriptor of the file instead
 *   file        0x10 local type 5  0x14 file path
 *   ramdisk     0x10 local type 3  0x14 u64 base  0x1c u64 size  0x24 u32 offset  0x28 file path
 *   locate      0x10 kind 0 by element, 1 by path  0x14 element  0x18 offset of a parent or 0  0x1c UTF-16 path
 *
 *   file path   0x00 version 1  0x04 its length  0x08 path type 5  0x0c descriptor of the parent, then UTF-16 path
 */
#include "bcd/device.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/utf16.h"

#define OPTIONS_SIZE 16

#define DESC_TYPE  0x00
#define DESC_FLAGS 0x04
#define DESC_SIZE  0x08
#define DESC_BODY  0x10

#define TYPE_LOCAL     0
#define TYPE_BOOT      5
#define TYPE_PARTITION 6
#define TYPE_LOCATE    8

#define PART_ID    0x10
#define PART_LOCAL 0x20
#define PART_STYLE 0x24
#define PART_DISK  0x28
#define PART_FILE  0x38
#define PART_SIZE  0x48
#define STYLE_GPT  0
#define STYLE_MBR  1

#define LOCAL_DISK    0
#define LOCAL_RAMDISK 3
#define LOCAL_FILE    5
#define LOCAL_VHD     6

#define FILE_PATH    0x14
#define RAMDISK_PATH 0x28
#define RAMDISK_FLAG 1

#define LOCATE_KIND    0x10
#define LOCATE_ELEMENT 0x14
#define LOCATE_PARENT  0x18
#define LOCATE_PATH    0x1c

#define PATH_VERSION 0x00
#define PATH_LENGTH  0x04
#define PATH_TYPE    0x08
#define PATH_PARENT  0x0c
#define PATH_TYPE_INTERNAL 5

/* A file on a virtual disk in a file on a partition has two parents; nothing real has more. */
#define MAX_DEPTH 4

void bcd_device_done(struct bcd_device *device)
{
	if (device->parent) {
		bcd_device_done(device->parent);
		free(device->parent);
	}
	free(device->path);
	device->parent = NULL;
	device->path = NULL;
}

static void get_partition_id(const uint8_t *desc, struct bcd_partition_id *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (get_le32(desc + PART_STYLE) == STYLE_GPT) {
		memcpy(ret->partition.bytes, desc + PART_ID, 16);
		memcpy(ret->disk.bytes, desc + PART_DISK, 16);
	} else {
		ret->mbr_offset = get_le64(desc + PART_ID);
		ret->mbr_signature = get_le32(desc + PART_DISK);
	}
}

static void put_partition_id(uint8_t *desc, bool is_gpt, const struct bcd_partition_id *id)
{
	memset(desc + PART_ID, 0, 16);
	memset(desc + PART_DISK, 0, 16);
	put_le32(desc + PART_STYLE, is_gpt ? STYLE_GPT : STYLE_MBR);
	if (is_gpt) {
		memcpy(desc + PART_ID, id->partition.bytes, 16);
		memcpy(desc + PART_DISK, id->disk.bytes, 16);
	} else {
		put_le64(desc + PART_ID, id->mbr_offset);
		put_le32(desc + PART_DISK, id->mbr_signature);
	}
}

/* The kind by type, local type and style alone. */
static enum bcd_device_kind classify(const uint8_t *desc, size_t size)
{
	switch (get_le32(desc + DESC_TYPE)) {
	case TYPE_BOOT:
		return BCD_DEVICE_BOOT;
	case TYPE_PARTITION:
		if (size < PART_SIZE)
			return BCD_DEVICE_OTHER;
		if (get_le32(desc + PART_LOCAL) == LOCAL_VHD)
			return BCD_DEVICE_VHD;
		if (get_le32(desc + PART_LOCAL) != LOCAL_DISK || size != PART_SIZE ||
		    get_le32(desc + PART_STYLE) > STYLE_MBR)
			return BCD_DEVICE_OTHER;
		return get_le32(desc + PART_STYLE) == STYLE_GPT ? BCD_DEVICE_GPT : BCD_DEVICE_MBR;
	case TYPE_LOCAL:
		if (size >= RAMDISK_PATH && get_le32(desc + DESC_BODY) == LOCAL_RAMDISK)
			return BCD_DEVICE_RAMDISK;
		if (size >= FILE_PATH && get_le32(desc + DESC_BODY) == LOCAL_FILE)
			return BCD_DEVICE_FILE;
		return BCD_DEVICE_OTHER;
	case TYPE_LOCATE:
		if (size < LOCATE_PATH || get_le32(desc + LOCATE_KIND) > 1)
			return BCD_DEVICE_OTHER;
		return get_le32(desc + LOCATE_KIND) ? BCD_DEVICE_LOCATE_PATH
						    : BCD_DEVICE_LOCATE_ELEMENT;
	default:
		return BCD_DEVICE_OTHER;
	}
}

/* Where the file path of a file-like descriptor begins; 0 when it has none. */
static size_t file_path_offset(enum bcd_device_kind kind)
{
	if (kind == BCD_DEVICE_FILE)
		return FILE_PATH;
	return kind == BCD_DEVICE_RAMDISK ? RAMDISK_PATH : 0;
}

/* Check the header of a descriptor of which at most 'room' bytes are there; gives its size. */
static int check_header(const uint8_t *desc, size_t room, size_t *ret_size, struct error *err)
{
	uint32_t size;

	if (room < DESC_BODY)
		return error_damaged(err, "device descriptor of %zu bytes, expected at least %d", room,
				     DESC_BODY);
	size = get_le32(desc + DESC_SIZE);
	if (size < DESC_BODY || size > room)
		return error_damaged(err, "device descriptor says %" PRIu32 " bytes where %zu are", size,
				     room);
	*ret_size = size;
	return 0;
}

/* Check a file path descriptor in 'room' bytes; gives the size of its parent and the bytes of the path. */
static int check_file_path(const uint8_t *path, size_t room, size_t *ret_parent_size,
			   size_t *ret_path_size, struct error *err)
{
	size_t parent_size = 0;
	uint32_t length;
	int r;

	if (room < PATH_PARENT)
		return error_damaged(err, "file path of a device has %zu bytes, expected at least %d",
				     room, PATH_PARENT);
	length = get_le32(path + PATH_LENGTH);
	if (get_le32(path + PATH_VERSION) != 1 || length < PATH_PARENT || length > room)
		return error_damaged(err, "file path of a device has version %" PRIu32 " and length %" PRIu32
				     " where %zu bytes are", get_le32(path + PATH_VERSION), length, room);
	r = check_header(path + PATH_PARENT, length - PATH_PARENT, &parent_size, err);
	if (r < 0)
		return r;
	*ret_parent_size = parent_size;
	*ret_path_size = length - PATH_PARENT - parent_size;
	return 0;
}

static int decode_descriptor(const uint8_t *desc, size_t room, unsigned int depth, struct bcd_device *ret,
			     struct error *err);

static int decode_string(const uint8_t *bytes, size_t size, char **ret, struct error *err)
{
	*ret = utf16le_to_utf8(bytes, size);
	return *ret ? 0 : error_failed(err, ENOMEM, "out of memory");
}

static int decode_file_path(const uint8_t *path, size_t room, unsigned int depth, struct bcd_device *ret,
			    struct error *err)
{
	size_t parent_size = 0, path_size = 0;
	int r = check_file_path(path, room, &parent_size, &path_size, err);

	if (r < 0)
		return r;
	r = decode_string(path + PATH_PARENT + parent_size, path_size, &ret->path, err);
	if (r < 0)
		return r;
	ret->parent = calloc(1, sizeof(*ret->parent));
	if (!ret->parent)
		return error_failed(err, ENOMEM, "out of memory");
	return decode_descriptor(path + PATH_PARENT, parent_size, depth + 1, ret->parent, err);
}

static int decode_vhd(const uint8_t *desc, size_t size, unsigned int depth, struct bcd_device *ret,
		      struct error *err)
{
	const uint8_t *file = desc + PART_FILE;
	size_t file_size = 0;
	int r = check_header(file, size - PART_FILE, &file_size, err);

	if (r < 0)
		return r;
	if (classify(file, file_size) != BCD_DEVICE_FILE)
		return error_damaged(err, "virtual disk device without the descriptor of its file");
	get_partition_id(desc, &ret->id);
	ret->inside_is_gpt = get_le32(desc + PART_STYLE) == STYLE_GPT;
	return decode_file_path(file + FILE_PATH, file_size - FILE_PATH, depth, ret, err);
}

static int decode_descriptor(const uint8_t *desc, size_t room, unsigned int depth, struct bcd_device *ret,
			     struct error *err)
{
	size_t size = 0;
	int r = check_header(desc, room, &size, err);

	if (r < 0)
		return r;
	if (depth > MAX_DEPTH)
		return error_damaged(err, "device descriptor nested more than %d deep", MAX_DEPTH);
	ret->kind = classify(desc, size);
	switch (ret->kind) {
	case BCD_DEVICE_GPT:
	case BCD_DEVICE_MBR:
		get_partition_id(desc, &ret->id);
		return 0;
	case BCD_DEVICE_VHD:
		return decode_vhd(desc, size, depth, ret, err);
	case BCD_DEVICE_FILE:
	case BCD_DEVICE_RAMDISK: {
		size_t at = file_path_offset(ret->kind);

		return decode_file_path(desc + at, size - at, depth, ret, err);
	}
	case BCD_DEVICE_LOCATE_ELEMENT:
		ret->located_element = get_le32(desc + LOCATE_ELEMENT);
		return 0;
	case BCD_DEVICE_LOCATE_PATH:
		return decode_string(desc + LOCATE_PATH, size - LOCATE_PATH, &ret->path, err);
	default:
		return 0;
	}
}

/* The outermost descriptor fills the element; the boot library refuses any other size. */
static int check_element(const uint8_t *bytes, size_t size, struct error *err)
{
	size_t desc_size = 0;
	int r;

	if (size < OPTIONS_SIZE + DESC_BODY)
		return error_damaged(err, "device element of %zu bytes, expected at least %d", size,
				     OPTIONS_SIZE + DESC_BODY);
	r = check_header(bytes + OPTIONS_SIZE, size - OPTIONS_SIZE, &desc_size, err);
	if (r < 0)
		return r;
	if (desc_size != size - OPTIONS_SIZE)
		return error_damaged(err, "device element of %zu bytes holds a descriptor of %zu, expected %zu",
				     size, desc_size, size - OPTIONS_SIZE);
	return 0;
}

int bcd_device_decode(const void *bytes, size_t size, struct bcd_device *ret, struct error *err)
{
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
	const uint8_t *from = bytes;
	int r = check_element(from, size, err);

	if (r < 0)
		return r;
	memcpy(device.options.bytes, from, OPTIONS_SIZE);
	r = decode_descriptor(from + OPTIONS_SIZE, size - OPTIONS_SIZE, 0, &device, err);
	if (r < 0)
		return r;
	*ret = device;
	device.path = NULL;
	device.parent = NULL;
	return 0;
}

/* Encoding: what one descriptor is made of, before its bytes are put together. */
struct pieces {
	uint8_t *path;
	size_t path_size;
	uint8_t *parent;
	size_t parent_size;
};

static void pieces_done(struct pieces *pieces)
{
	free(pieces->path);
	free(pieces->parent);
}

static int encode_descriptor(const struct bcd_device *device, unsigned int depth, uint8_t **ret,
			     size_t *ret_size, struct error *err);

static bool has_file(enum bcd_device_kind kind)
{
	return kind == BCD_DEVICE_VHD || kind == BCD_DEVICE_FILE || kind == BCD_DEVICE_RAMDISK;
}

static int make_pieces(const struct bcd_device *device, unsigned int depth, struct pieces *ret,
		       struct error *err)
{
	const char *path = device->path ? device->path : "";

	ret->path = utf8_to_utf16le(path, &ret->path_size);
	if (!ret->path)
		return error_failed(err, errno, "device path '%s'", path);
	if (!has_file(device->kind))
		return 0;
	if (!device->parent || depth >= MAX_DEPTH)
		return error_failed(err, EINVAL, "device '%s' without a usable parent", path);
	return encode_descriptor(device->parent, depth + 1, &ret->parent, &ret->parent_size, err);
}

static size_t file_path_size(const struct pieces *pieces)
{
	return PATH_PARENT + pieces->parent_size + pieces->path_size;
}

static size_t descriptor_size(enum bcd_device_kind kind, const struct pieces *pieces)
{
	switch (kind) {
	case BCD_DEVICE_VHD:
		return PART_FILE + FILE_PATH + file_path_size(pieces);
	case BCD_DEVICE_FILE:
		return FILE_PATH + file_path_size(pieces);
	case BCD_DEVICE_RAMDISK:
		return RAMDISK_PATH + file_path_size(pieces);
	case BCD_DEVICE_LOCATE_ELEMENT:
	case BCD_DEVICE_LOCATE_PATH:
		return LOCATE_PATH + pieces->path_size;
	default:
		return PART_SIZE;
	}
}

static void put_header(uint8_t *desc, uint32_t type, uint32_t flags, size_t size)
{
	put_le32(desc + DESC_TYPE, type);
	put_le32(desc + DESC_FLAGS, flags);
	put_le32(desc + DESC_SIZE, (uint32_t)size);
}

static void put_file_path(uint8_t *at, const struct pieces *pieces)
{
	put_le32(at + PATH_VERSION, 1);
	put_le32(at + PATH_LENGTH, (uint32_t)file_path_size(pieces));
	put_le32(at + PATH_TYPE, PATH_TYPE_INTERNAL);
	memcpy(at + PATH_PARENT, pieces->parent, pieces->parent_size);
	memcpy(at + PATH_PARENT + pieces->parent_size, pieces->path, pieces->path_size);
}

static void put_file(uint8_t *desc, size_t size, const struct pieces *pieces)
{
	put_header(desc, TYPE_LOCAL, 0, size);
	put_le32(desc + DESC_BODY, LOCAL_FILE);
	put_file_path(desc + FILE_PATH, pieces);
}

static int put_descriptor(const struct bcd_device *device, const struct pieces *pieces, uint8_t *desc,
			  size_t size, struct error *err)
{
	switch (device->kind) {
	case BCD_DEVICE_BOOT:
		put_header(desc, TYPE_BOOT, 0, size);
		return 0;
	case BCD_DEVICE_GPT:
	case BCD_DEVICE_MBR:
		put_header(desc, TYPE_PARTITION, 0, size);
		put_partition_id(desc, device->kind == BCD_DEVICE_GPT, &device->id);
		return 0;
	case BCD_DEVICE_VHD:
		put_header(desc, TYPE_PARTITION, 0, size);
		put_partition_id(desc, device->inside_is_gpt, &device->id);
		put_le32(desc + PART_LOCAL, LOCAL_VHD);
		put_file(desc + PART_FILE, size - PART_FILE, pieces);
		return 0;
	case BCD_DEVICE_FILE:
		put_file(desc, size, pieces);
		return 0;
	case BCD_DEVICE_RAMDISK:
		put_header(desc, TYPE_LOCAL, RAMDISK_FLAG, size);
		put_le32(desc + DESC_BODY, LOCAL_RAMDISK);
		put_file_path(desc + RAMDISK_PATH, pieces);
		return 0;
	case BCD_DEVICE_LOCATE_ELEMENT:
	case BCD_DEVICE_LOCATE_PATH:
		put_header(desc, TYPE_LOCATE, 0, size);
		put_le32(desc + LOCATE_KIND, device->kind == BCD_DEVICE_LOCATE_PATH);
		put_le32(desc + LOCATE_ELEMENT, device->located_element);
		memcpy(desc + LOCATE_PATH, pieces->path, pieces->path_size);
		return 0;
	default:
		return error_failed(err, EINVAL, "device of kind %d cannot be written", device->kind);
	}
}

static int encode_descriptor(const struct bcd_device *device, unsigned int depth, uint8_t **ret,
			     size_t *ret_size, struct error *err)
{
	CLEANUP(pieces_done) struct pieces pieces = {.path = NULL};
	CLEANUP_FREE uint8_t *desc = NULL;
	size_t size;
	int r = make_pieces(device, depth, &pieces, err);

	if (r < 0)
		return r;
	size = descriptor_size(device->kind, &pieces);
	if (size > UINT16_MAX)
		return error_failed(err, E2BIG, "device path of %zu bytes is too long", pieces.path_size);
	desc = calloc(1, size);
	if (!desc)
		return error_failed(err, ENOMEM, "out of memory");
	r = put_descriptor(device, &pieces, desc, size, err);
	if (r < 0)
		return r;
	*ret = TAKE(desc);
	*ret_size = size;
	return 0;
}

int bcd_device_encode(const struct bcd_device *device, uint8_t **ret_bytes, size_t *ret_size,
		      struct error *err)
{
	CLEANUP_FREE uint8_t *desc = NULL;
	uint8_t *bytes;
	size_t size;
	int r = encode_descriptor(device, 0, &desc, &size, err);

	if (r < 0)
		return r;
	bytes = malloc(OPTIONS_SIZE + size);
	if (!bytes)
		return error_failed(err, ENOMEM, "out of memory");
	memcpy(bytes, device->options.bytes, OPTIONS_SIZE);
	memcpy(bytes + OPTIONS_SIZE, desc, size);
	*ret_bytes = bytes;
	*ret_size = OPTIONS_SIZE + size;
	return 0;
}

static char *partition_text(bool is_gpt, const struct bcd_partition_id *id)
{
	char partition[GUID_TEXT_SIZE], disk[GUID_TEXT_SIZE], *text = NULL;
	int r;

	if (is_gpt)
		r = asprintf(&text, "partition={%s} disk={%s}", guid_format(&id->partition, partition),
			     guid_format(&id->disk, disk));
	else
		r = asprintf(&text, "partition=%" PRIu64 " disk=%08" PRIx32, id->mbr_offset,
			     id->mbr_signature);
	return r < 0 ? NULL : text;
}

static const char *file_word(enum bcd_device_kind kind)
{
	if (kind == BCD_DEVICE_VHD)
		return "vhd";
	return kind == BCD_DEVICE_FILE ? "file" : "ramdisk";
}

static char *file_text(const struct bcd_device *device)
{
	CLEANUP_FREE char *parent = bcd_device_text(device->parent);
	char options[GUID_TEXT_SIZE], *text = NULL;
	int r;

	if (!parent)
		return NULL;
	if (guid_is_zero(&device->options))
		r = asprintf(&text, "%s=[%s]%s", file_word(device->kind), parent, device->path);
	else
		r = asprintf(&text, "%s=[%s]%s,{%s}", file_word(device->kind), parent, device->path,
			     guid_format(&device->options, options));
	return r < 0 ? NULL : text;
}

char *bcd_device_text(const struct bcd_device *device)
{
	char *text = NULL;

	switch (device->kind) {
	case BCD_DEVICE_BOOT:
		return strdup("boot");
	case BCD_DEVICE_GPT:
	case BCD_DEVICE_MBR:
		return partition_text(device->kind == BCD_DEVICE_GPT, &device->id);
	case BCD_DEVICE_VHD:
	case BCD_DEVICE_FILE:
	case BCD_DEVICE_RAMDISK:
		return file_text(device);
	case BCD_DEVICE_LOCATE_ELEMENT:
		return asprintf(&text, "locate=custom:%08" PRIx32, device->located_element) < 0 ? NULL
												 : text;
	case BCD_DEVICE_LOCATE_PATH:
		return asprintf(&text, "locate=%s", device->path) < 0 ? NULL : text;
	default:
		return strdup("unknown");
	}
}

/* The bytes of a descriptor are known to be consistent: bcd_device_decode() has seen them. */
static size_t rewrite_descriptor(uint8_t *desc, size_t size, unsigned int depth, bcd_device_map *map,
				 void *context)
{
	enum bcd_device_kind kind = classify(desc, size);
	struct bcd_partition_id id = {.mbr_offset = 0};
	size_t path_at = file_path_offset(kind);

	if (kind == BCD_DEVICE_VHD) {
		uint8_t *file = desc + PART_FILE;

		return rewrite_descriptor(file, get_le32(file + DESC_SIZE), depth, map, context);
	}
	if (path_at) {
		uint8_t *parent = desc + path_at + PATH_PARENT;

		return rewrite_descriptor(parent, get_le32(parent + DESC_SIZE), depth + 1, map, context);
	}
	if (kind == BCD_DEVICE_GPT || kind == BCD_DEVICE_MBR)
		get_partition_id(desc, &id);
	else if (kind != BCD_DEVICE_BOOT || size != PART_SIZE)
		return 0;
	if (!map(context, kind, depth, &id))
		return 0;
	put_header(desc, TYPE_PARTITION, 0, PART_SIZE);
	put_le32(desc + PART_LOCAL, LOCAL_DISK);
	put_partition_id(desc, true, &id);
	return 1;
}

int bcd_device_rewrite(void *bytes, size_t size, bcd_device_map *map, void *context, size_t *ret_changed,
		       struct error *err)
{
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
	uint8_t *from = bytes;
	int r = bcd_device_decode(bytes, size, &device, err);

	if (r < 0)
		return r;
	*ret_changed = rewrite_descriptor(from + OPTIONS_SIZE, size - OPTIONS_SIZE, 0, map, context);
	return 0;
}
