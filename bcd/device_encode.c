/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing device elements, as bytes and as text: see device.h, and device_format.h for the bytes.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bcd/device_format.h"
#include "common/bytes.h"
#include "common/utf16.h"

void bcd_put_partition_id(uint8_t *desc, bool is_gpt, const struct bcd_partition_id *id)
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

void bcd_put_device_header(uint8_t *desc, uint32_t type, uint32_t flags, size_t size)
{
	put_le32(desc + DESC_TYPE, type);
	put_le32(desc + DESC_FLAGS, flags);
	put_le32(desc + DESC_SIZE, (uint32_t)size);
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
	if (!has_file(device->kind) && !device->parent)
		return 0;
	if (!device->parent || depth >= MAX_DEPTH)
		return error_failed(err, EINVAL, "device '%s' without a usable parent", path);
	return encode_descriptor(device->parent, depth + 1, &ret->parent, &ret->parent_size, err);
}

static size_t file_path_size(const struct pieces *pieces)
{
	return PATH_PARENT + pieces->parent_size + pieces->path_size;
}

static size_t descriptor_size(enum bcd_device_kind kind, bool is_whole_disk,
			      const struct pieces *pieces)
{
	switch (kind) {
	case BCD_DEVICE_VHD:
		return (is_whole_disk ? (size_t)DISK_FILE : PART_FILE) + FILE_PATH +
		       file_path_size(pieces);
	case BCD_DEVICE_FILE:
		return FILE_PATH + file_path_size(pieces);
	case BCD_DEVICE_RAMDISK:
		return RAMDISK_PATH + file_path_size(pieces);
	case BCD_DEVICE_LOCATE_ELEMENT:
	case BCD_DEVICE_LOCATE_PATH:
		return LOCATE_PATH + pieces->path_size + pieces->parent_size;
	default:
		return PART_SIZE;
	}
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
	bcd_put_device_header(desc, TYPE_LOCAL, 0, size);
	put_le32(desc + DESC_BODY, LOCAL_FILE);
	put_file_path(desc + FILE_PATH, pieces);
}

static void put_vhd(const struct bcd_device *device, const struct pieces *pieces, uint8_t *desc,
		    size_t size)
{
	size_t file = device->is_whole_disk ? DISK_FILE : PART_FILE;

	if (device->is_whole_disk) {
		bcd_put_device_header(desc, TYPE_LOCAL, 0, size);
		put_le32(desc + DESC_BODY, LOCAL_VHD);
		put_le32(desc + DISK_STYLE, device->inside_is_gpt ? STYLE_GPT : STYLE_MBR);
		memcpy(desc + DISK_ID, device->id.disk.bytes, sizeof(device->id.disk.bytes));
	} else {
		bcd_put_device_header(desc, TYPE_PARTITION, 0, size);
		bcd_put_partition_id(desc, device->inside_is_gpt, &device->id);
		put_le32(desc + PART_LOCAL, LOCAL_VHD);
	}
	put_file(desc + file, size - file, pieces);
}

static void put_locate(const struct bcd_device *device, const struct pieces *pieces, uint8_t *desc,
		       size_t size)
{
	size_t parent = LOCATE_PATH + pieces->path_size;

	bcd_put_device_header(desc, TYPE_LOCATE, 0, size);
	put_le32(desc + LOCATE_KIND, device->kind == BCD_DEVICE_LOCATE_PATH);
	put_le32(desc + LOCATE_ELEMENT, device->located_element);
	memcpy(desc + LOCATE_PATH, pieces->path, pieces->path_size);
	if (!pieces->parent)
		return;
	put_le32(desc + LOCATE_PARENT, (uint32_t)parent);
	memcpy(desc + parent, pieces->parent, pieces->parent_size);
}

static int put_descriptor(const struct bcd_device *device, const struct pieces *pieces,
			  uint8_t *desc, size_t size, struct error *err)
{
	switch (device->kind) {
	case BCD_DEVICE_BOOT:
		bcd_put_device_header(desc, TYPE_BOOT, 0, size);
		return 0;
	case BCD_DEVICE_GPT:
	case BCD_DEVICE_MBR:
		bcd_put_device_header(desc, TYPE_PARTITION, 0, size);
		bcd_put_partition_id(desc, device->kind == BCD_DEVICE_GPT, &device->id);
		return 0;
	case BCD_DEVICE_VHD:
		put_vhd(device, pieces, desc, size);
		return 0;
	case BCD_DEVICE_FILE:
		put_file(desc, size, pieces);
		return 0;
	case BCD_DEVICE_RAMDISK:
		bcd_put_device_header(desc, TYPE_LOCAL, RAMDISK_FLAG, size);
		put_le32(desc + DESC_BODY, LOCAL_RAMDISK);
		put_file_path(desc + RAMDISK_PATH, pieces);
		return 0;
	case BCD_DEVICE_LOCATE_ELEMENT:
	case BCD_DEVICE_LOCATE_PATH:
		put_locate(device, pieces, desc, size);
		return 0;
	default:
		return error_failed(err, EINVAL, "device of kind %d cannot be written",
				    device->kind);
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
	size = descriptor_size(device->kind, device->is_whole_disk, &pieces);
	if (size > UINT16_MAX)
		return error_failed(err, E2BIG, "device path of %zu bytes is too long",
				    pieces.path_size);
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
		r = asprintf(&text, "partition={%s} disk={%s}",
			     guid_format(&id->partition, partition), guid_format(&id->disk, disk));
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

static char *locate_text(const struct bcd_device *device)
{
	CLEANUP_FREE char *parent = device->parent ? bcd_device_text(device->parent) : NULL;
	const char *comma = parent ? "," : "", *where = parent ? parent : "";
	char *text = NULL;
	int r;

	if (device->kind == BCD_DEVICE_LOCATE_PATH)
		r = asprintf(&text, "locate=%s%s%s", device->path, comma, where);
	else
		r = asprintf(&text, "locate=custom:%08" PRIx32 "%s%s", device->located_element,
			     comma, where);
	return r < 0 ? NULL : text;
}

char *bcd_device_text(const struct bcd_device *device)
{
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
	case BCD_DEVICE_LOCATE_PATH:
		return locate_text(device);
	default:
		return strdup("unknown");
	}
}
