/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One variable in one file: see efivar.h. libefivar 37 cannot read back what it exports, so none of
 * this is its. */
#include "nvram/efivar.h"

#include <errno.h>
#include <string.h>

#include "common/bytes.h"
#include "common/utf16.h"
#include "common/buffer.h"
#include "nvram/container.h"

#define FILE_MAGIC	0 /* u32 */
#define FILE_VERSION	4 /* u32 */
#define FILE_ATTRIBUTES 8 /* u64 */
#define FILE_VENDOR	16
#define FILE_NAME_SIZE	32 /* u32, bytes of UTF-16LE without a NUL */
#define FILE_DATA_SIZE	36 /* u32 */
#define FILE_HEADER	40
#define FILE_TRAILER	4 /* the magic again */

#define MAGIC	0xf3df1597U
#define VERSION 1U

static bool efivar_is_file(const uint8_t *bytes, size_t size)
{
	return size >= FILE_HEADER + FILE_TRAILER && get_le32(bytes + FILE_MAGIC) == MAGIC;
}

static int efivar_decode(const struct file_bytes *file, struct nvram *ret, struct error *err)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	CLEANUP_FREE char *key = NULL;
	uint32_t name_size, data_size;
	struct guid vendor;
	int r;

	if (!efivar_is_file(file->data, file->size) ||
	    get_le32(file->data + FILE_VERSION) != VERSION)
		return error_damaged(err, "'%s': no efivar file of version %u", file->name,
				     VERSION);
	name_size = get_le32(file->data + FILE_NAME_SIZE);
	data_size = get_le32(file->data + FILE_DATA_SIZE);
	if ((uint64_t)FILE_HEADER + name_size + data_size + FILE_TRAILER != file->size ||
	    name_size % 2 || get_le64(file->data + FILE_ATTRIBUTES) > UINT32_MAX ||
	    get_le32(file->data + file->size - FILE_TRAILER) != MAGIC)
		return error_damaged(
			err, "'%s': efivar file of %zu bytes with a name of %u and data of %u",
			file->name, file->size, name_size, data_size);
	key = utf16le_to_utf8(file->data + FILE_HEADER, name_size);
	if (!key)
		return error_failed(err, ENOMEM, "'%s': out of memory", file->name);
	memcpy(vendor.bytes, file->data + FILE_VENDOR, sizeof(vendor.bytes));
	r = nvram_set(&nvram, &vendor, key, (uint32_t)get_le64(file->data + FILE_ATTRIBUTES),
		      file->data + FILE_HEADER + name_size, data_size, err);
	if (r < 0)
		return r;
	*ret = nvram;
	nvram = (struct nvram)NVRAM_INIT;
	return 0;
}

int efivar_encode(const struct nvram_variable *variable, uint8_t **ret, size_t *ret_size,
		  struct error *err)
{
	CLEANUP_BUFFER struct buffer key = BUFFER_INIT;
	CLEANUP_BUFFER struct buffer out = BUFFER_INIT;
	int r = buffer_utf16(&key, variable->name, err);

	if (r < 0)
		return r;
	buffer_le32(&out, MAGIC);
	buffer_le32(&out, VERSION);
	buffer_le32(&out, variable->attributes);
	buffer_le32(&out, 0);
	buffer_append(&out, variable->vendor.bytes, sizeof(variable->vendor.bytes));
	buffer_le32(&out, key.failed ? 0 : (uint32_t)key.size - 2);
	buffer_le32(&out, (uint32_t)variable->size);
	buffer_append(&out, key.data, key.failed ? 0 : key.size - 2);
	buffer_append(&out, variable->data, variable->size);
	buffer_le32(&out, MAGIC);
	out.failed |= key.failed;
	return buffer_take(&out, ret, ret_size, err);
}

static int efivar_update(const struct file_bytes *old, const struct nvram *nvram, uint8_t **ret,
			 size_t *ret_size, struct error *err)
{
	if (nvram->count != 1)
		return error_failed(err, EINVAL, "'%s' is a file for one variable, not for %zu",
				    old->name, nvram->count);
	return efivar_encode(&nvram->variables[0], ret, ret_size, err);
}

static int efivar_make(const struct nvram *nvram, const struct guid *vhd_id, uint8_t **ret,
		       size_t *ret_size, struct error *err)
{
	const struct file_bytes none = {.name = "efivar"};

	(void)vhd_id;
	return efivar_update(&none, nvram, ret, ret_size, err);
}

const struct nvram_container nvram_efivar_container = {
	.text = "efivar file",
	.is_store = efivar_is_file,
	.decode = efivar_decode,
	.update = efivar_update,
	.encode = efivar_make,
};

bool efivarfs_key(const char *path, struct guid *ret_vendor, char **ret_name)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t length = strlen(base);

	if (length < GUID_TEXT_SIZE + 1 || base[length - GUID_TEXT_SIZE] != '-' ||
	    !guid_parse(base + length - GUID_TEXT_SIZE + 1, ret_vendor))
		return false;
	*ret_name = strndup(base, length - GUID_TEXT_SIZE);
	return *ret_name != NULL;
}

int efivarfs_decode(const struct file_bytes *file, struct nvram *ret, struct error *err)
{
	CLEANUP_FREE char *key = NULL;
	struct guid vendor;

	if (file->size < 4 || !efivarfs_key(file->name, &vendor, &key))
		return error_damaged(err, "'%s': no variable as efivarfs shows it", file->name);
	*ret = (struct nvram)NVRAM_INIT;
	return nvram_set(ret, &vendor, key, get_le32(file->data), file->data + 4, file->size - 4,
			 err);
}

int efivarfs_encode(const struct nvram_variable *variable, uint8_t **ret, size_t *ret_size,
		    struct error *err)
{
	CLEANUP_BUFFER struct buffer out = BUFFER_INIT;

	buffer_le32(&out, variable->attributes);
	buffer_append(&out, variable->data, variable->size);
	return buffer_take(&out, ret, ret_size, err);
}
