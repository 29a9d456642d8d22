/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading device elements, and rewriting the partitions in them: see device.h, and device_format.h
 * for the bytes. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bcd/device_format.h"
#include "common/bytes.h"
#include "common/utf16.h"

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
		if (size >= DISK_FILE && get_le32(desc + DESC_BODY) == LOCAL_VHD)
			return BCD_DEVICE_VHD;
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
		return error_damaged(err, "device descriptor of %zu bytes, expected at least %d",
				     room, DESC_BODY);
	size = get_le32(desc + DESC_SIZE);
	if (size < DESC_BODY || size > room)
		return error_damaged(err, "device descriptor says %" PRIu32 " bytes where %zu are",
				     size, room);
	*ret_size = size;
	return 0;
}

/* Check a file path descriptor in 'room' bytes; gives the size of its parent and the bytes of the
 * path. */
static int check_file_path(const uint8_t *path, size_t room, size_t *ret_parent_size,
			   size_t *ret_path_size, struct error *err)
{
	size_t parent_size = 0;
	uint32_t length;
	int r;

	if (room < PATH_PARENT)
		return error_damaged(err,
				     "file path of a device has %zu bytes, expected at least %d",
				     room, PATH_PARENT);
	length = get_le32(path + PATH_LENGTH);
	if (get_le32(path + PATH_VERSION) != 1 || length < PATH_PARENT || length > room)
		return error_damaged(err,
				     "file path of a device has version %" PRIu32
				     " and length %" PRIu32 " where %zu bytes are",
				     get_le32(path + PATH_VERSION), length, room);
	r = check_header(path + PATH_PARENT, length - PATH_PARENT, &parent_size, err);
	if (r < 0)
		return r;
	*ret_parent_size = parent_size;
	*ret_path_size = length - PATH_PARENT - parent_size;
	return 0;
}

static int decode_descriptor(const uint8_t *desc, size_t room, unsigned int depth,
			     struct bcd_device *ret, struct error *err);

static int decode_string(const uint8_t *bytes, size_t size, char **ret, struct error *err)
{
	*ret = utf16le_to_utf8(bytes, size);
	return *ret ? 0 : error_failed(err, ENOMEM, "out of memory");
}

static int decode_parent(const uint8_t *desc, size_t room, unsigned int depth,
			 struct bcd_device *ret, struct error *err)
{
	ret->parent = calloc(1, sizeof(*ret->parent));
	if (!ret->parent)
		return error_failed(err, ENOMEM, "out of memory");
	return decode_descriptor(desc, room, depth + 1, ret->parent, err);
}

static int decode_file_path(const uint8_t *path, size_t room, unsigned int depth,
			    struct bcd_device *ret, struct error *err)
{
	size_t parent_size = 0, path_size = 0;
	int r = check_file_path(path, room, &parent_size, &path_size, err);

	if (r < 0)
		return r;
	r = decode_string(path + PATH_PARENT + parent_size, path_size, &ret->path, err);
	if (r < 0)
		return r;
	return decode_parent(path + PATH_PARENT, parent_size, depth, ret, err);
}

/* Where the descriptor of a virtual disk's file begins. */
static size_t vhd_file_offset(const uint8_t *desc)
{
	return get_le32(desc + DESC_TYPE) == TYPE_PARTITION ? PART_FILE : DISK_FILE;
}

static int decode_vhd(const uint8_t *desc, size_t size, unsigned int depth, struct bcd_device *ret,
		      struct error *err)
{
	size_t at = vhd_file_offset(desc), file_size = 0;
	const uint8_t *file = desc + at;
	int r = check_header(file, size - at, &file_size, err);

	if (r < 0)
		return r;
	if (classify(file, file_size) != BCD_DEVICE_FILE)
		return error_damaged(err, "virtual disk device without the descriptor of its file");
	ret->is_whole_disk = at == DISK_FILE;
	if (ret->is_whole_disk) {
		memcpy(ret->id.disk.bytes, desc + DISK_ID, sizeof(ret->id.disk.bytes));
		ret->inside_is_gpt = get_le32(desc + DISK_STYLE) == STYLE_GPT;
	} else {
		get_partition_id(desc, &ret->id);
		ret->inside_is_gpt = get_le32(desc + PART_STYLE) == STYLE_GPT;
	}
	return decode_file_path(file + FILE_PATH, file_size - FILE_PATH, depth, ret, err);
}

/* Where the parent of a locate descriptor begins; 0 when it has none. */
static size_t locate_parent_offset(const uint8_t *desc)
{
	return get_le32(desc + LOCATE_PARENT);
}

static int decode_locate(const uint8_t *desc, size_t size, unsigned int depth,
			 struct bcd_device *ret, struct error *err)
{
	size_t parent = locate_parent_offset(desc), end = parent ? parent : size;
	int r;

	if (end < LOCATE_PATH || end > size)
		return error_damaged(err,
				     "locate device of %zu bytes says that its parent is at %zu",
				     size, parent);
	ret->located_element = get_le32(desc + LOCATE_ELEMENT);
	r = decode_string(desc + LOCATE_PATH, end - LOCATE_PATH, &ret->path, err);
	if (r < 0 || !parent)
		return r;
	return decode_parent(desc + parent, size - parent, depth, ret, err);
}

static int decode_descriptor(const uint8_t *desc, size_t room, unsigned int depth,
			     struct bcd_device *ret, struct error *err)
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
	case BCD_DEVICE_LOCATE_PATH:
		return decode_locate(desc, size, depth, ret, err);
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
		return error_damaged(
			err, "device element of %zu bytes holds a descriptor of %zu, expected %zu",
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

/* The bytes of a descriptor are known to be consistent: bcd_device_decode() has seen them. */
static size_t rewrite_descriptor(uint8_t *desc, size_t size, unsigned int depth,
				 bcd_device_map *map, void *context)
{
	enum bcd_device_kind kind = classify(desc, size);
	struct bcd_partition_id id = {.mbr_offset = 0};
	size_t path_at = file_path_offset(kind);

	if (kind == BCD_DEVICE_VHD) {
		uint8_t *file = desc + vhd_file_offset(desc);

		return rewrite_descriptor(file, get_le32(file + DESC_SIZE), depth, map, context);
	}
	if (path_at) {
		uint8_t *parent = desc + path_at + PATH_PARENT;

		return rewrite_descriptor(parent, get_le32(parent + DESC_SIZE), depth + 1, map,
					  context);
	}
	if (kind == BCD_DEVICE_LOCATE_ELEMENT || kind == BCD_DEVICE_LOCATE_PATH) {
		uint8_t *parent = desc + locate_parent_offset(desc);

		return parent == desc ? 0
				      : rewrite_descriptor(parent, get_le32(parent + DESC_SIZE),
							   depth + 1, map, context);
	}
	if (kind == BCD_DEVICE_GPT || kind == BCD_DEVICE_MBR)
		get_partition_id(desc, &id);
	else if (kind != BCD_DEVICE_BOOT || size != PART_SIZE)
		return 0;
	if (!map(context, kind, depth, &id))
		return 0;
	bcd_put_device_header(desc, TYPE_PARTITION, 0, PART_SIZE);
	put_le32(desc + PART_LOCAL, LOCAL_DISK);
	bcd_put_partition_id(desc, true, &id);
	return 1;
}

int bcd_device_rewrite(void *bytes, size_t size, bcd_device_map *map, void *context,
		       size_t *ret_changed, struct error *err)
{
	CLEANUP_BCD_DEVICE struct bcd_device device = BCD_DEVICE_INIT;
	uint8_t *from = bytes;
	int r = bcd_device_decode(bytes, size, &device, err);

	if (r < 0)
		return r;
	*ret_changed =
		rewrite_descriptor(from + OPTIONS_SIZE, size - OPTIONS_SIZE, 0, map, context);
	return 0;
}
