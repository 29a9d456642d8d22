/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The variable list of Hyper-V's virtual BIOS: see variable_list.h. */
#include "nvram/variable_list.h"

#include <errno.h>
#include <string.h>

#include "common/bytes.h"
#include "common/utf16.h"
#include "common/buffer.h"
#include "nvram/container.h"
#include "nvram/internal.h"

#define RECORD_TYPE	  0 /* u32, 0: a variable */
#define RECORD_LENGTH	  4 /* u32, of the record with this header */
#define RECORD_ATTRIBUTES 8
#define RECORD_TIME	  12 /* EFI_TIME */
#define RECORD_VENDOR	  28
#define RECORD_NAME_SIZE  44 /* u16, bytes with the NUL */
#define RECORD_DATA_SIZE  46 /* u16 */
#define RECORD_HEADER	  48

#define MAX_NAME_SIZE 2048
#define MAX_DATA_SIZE 32768

static int encode_record(struct buffer *list, const struct nvram_variable *variable,
			 struct error *err)
{
	CLEANUP_BUFFER struct buffer name = BUFFER_INIT;
	uint8_t header[RECORD_HEADER] = {0};
	int r = buffer_utf16(&name, variable->name, err);

	if (r < 0)
		return r;
	if (name.size > MAX_NAME_SIZE)
		return error_failed(err, ENAMETOOLONG,
				    "variable '%s': name of %zu bytes, at most %d are possible",
				    variable->name, name.size, MAX_NAME_SIZE);
	if (variable->size > MAX_DATA_SIZE)
		return error_failed(err, EFBIG,
				    "variable '%s': %zu bytes of data, at most %d are possible",
				    variable->name, variable->size, MAX_DATA_SIZE);
	put_le32(header + RECORD_LENGTH, (uint32_t)(RECORD_HEADER + name.size + variable->size));
	put_le32(header + RECORD_ATTRIBUTES, variable->attributes);
	memcpy(header + RECORD_TIME, variable->time, sizeof(variable->time));
	memcpy(header + RECORD_VENDOR, variable->vendor.bytes, sizeof(variable->vendor.bytes));
	put_le16(header + RECORD_NAME_SIZE, (uint16_t)name.size);
	put_le16(header + RECORD_DATA_SIZE, (uint16_t)variable->size);
	buffer_append(list, header, sizeof(header));
	buffer_append(list, name.data, name.size);
	buffer_append(list, variable->data, variable->size);
	list->failed |= name.failed;
	return 0;
}

int variable_list_encode(const struct nvram *nvram, uint8_t **ret, size_t *ret_size,
			 struct error *err)
{
	CLEANUP_BUFFER struct buffer list = BUFFER_INIT;

	for (size_t i = 0; i < nvram->count; i++) {
		int r = encode_record(&list, &nvram->variables[i], err);

		if (r < 0)
			return r;
	}
	if (list.size >= VARIABLE_LIST_LIMIT)
		return error_failed(err, ENOSPC,
				    "the variables need %zu bytes, the store has room for %d",
				    list.size, VARIABLE_LIST_LIMIT - 1);
	return buffer_take(&list, ret, ret_size, err);
}

/* The sizes of the record at 'at', of which 'left' bytes remain. */
static int check_record(const uint8_t *at, size_t left, const char *name, size_t offset,
			struct error *err)
{
	size_t name_size, data_size, length;

	if (left < RECORD_HEADER)
		return error_damaged(err, "'%s': variable list: %zu stray bytes at %zu", name, left,
				     offset);
	length = get_le32(at + RECORD_LENGTH);
	name_size = get_le16(at + RECORD_NAME_SIZE);
	data_size = get_le16(at + RECORD_DATA_SIZE);
	if (get_le32(at + RECORD_TYPE) != 0)
		return error_damaged(err, "'%s': variable list: record at %zu has type %u, not 0",
				     name, offset, get_le32(at + RECORD_TYPE));
	if (length > left || length != RECORD_HEADER + name_size + data_size)
		return error_damaged(err, "'%s': variable list: record at %zu has a length of %zu",
				     name, offset, length);
	if (name_size < 2 || name_size > MAX_NAME_SIZE || name_size % 2 != 0 ||
	    data_size > MAX_DATA_SIZE)
		return error_damaged(
			err,
			"'%s': variable list: record at %zu has a name of %zu bytes and %zu bytes of data",
			name, offset, name_size, data_size);
	if (get_le16(at + RECORD_HEADER + name_size - 2) != 0)
		return error_damaged(err, "'%s': variable list: name at %zu has no end", name,
				     offset + RECORD_HEADER);
	return 0;
}

static int decode_record(const uint8_t *at, struct nvram *nvram, struct error *err)
{
	size_t name_size = get_le16(at + RECORD_NAME_SIZE);
	CLEANUP_FREE char *name = utf16le_to_utf8(at + RECORD_HEADER, name_size);
	const struct nvram_value value = {
		.attributes = get_le32(at + RECORD_ATTRIBUTES),
		.time = at + RECORD_TIME,
		.data = at + RECORD_HEADER + name_size,
		.size = get_le16(at + RECORD_DATA_SIZE),
	};
	struct guid vendor;

	if (!name)
		return error_failed(err, ENOMEM, "variable name: out of memory");
	memcpy(vendor.bytes, at + RECORD_VENDOR, sizeof(vendor.bytes));
	return nvram_set_value(nvram, &vendor, name, &value, err);
}

int variable_list_decode(const struct file_bytes *file, struct nvram *ret, struct error *err)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	size_t offset = 0;
	int r;

	if (file->size > VARIABLE_LIST_LIMIT)
		return error_damaged(err, "'%s': variable list of %zu bytes, more than %d",
				     file->name, file->size, VARIABLE_LIST_LIMIT);
	while (offset < file->size) {
		r = check_record(file->data + offset, file->size - offset, file->name, offset, err);
		if (r == 0)
			r = decode_record(file->data + offset, &nvram, err);
		if (r < 0)
			return r;
		offset += get_le32(file->data + offset + RECORD_LENGTH);
	}
	*ret = nvram;
	nvram = (struct nvram)NVRAM_INIT;
	return 0;
}

/* The list has no signature: the first record's type is 0, and the whole must be records. */
static bool list_is_store(const uint8_t *bytes, size_t size)
{
	const struct file_bytes file = {bytes, size, ""};
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;

	return size >= RECORD_HEADER && get_le32(bytes + RECORD_TYPE) == 0 &&
	       variable_list_decode(&file, &nvram, NULL) == 0;
}

/* A list is written anew: nothing in it but the records. */
static int list_update(const struct file_bytes *old, const struct nvram *nvram, uint8_t **ret,
		       size_t *ret_size, struct error *err)
{
	(void)old;
	return variable_list_encode(nvram, ret, ret_size, err);
}

static int list_encode(const struct nvram *nvram, const struct guid *vhd_id, uint8_t **ret,
		       size_t *ret_size, struct error *err)
{
	(void)vhd_id;
	return variable_list_encode(nvram, ret, ret_size, err);
}

const struct nvram_container nvram_list_container = {
	.text = "variable list",
	.is_guest_state = true,
	.is_store = list_is_store,
	.decode = variable_list_decode,
	.update = list_update,
	.encode = list_encode,
};
