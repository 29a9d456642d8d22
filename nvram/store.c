/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All containers behind one door. Which one it is, the content alone decides: names of stores say
 * little. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "nvram/efivar.h"
#include "nvram/json.h"
#include "nvram/nvram.h"
#include "nvram/ovmf.h"
#include "nvram/update.h"
#include "nvram/variable_list.h"
#include "nvram/vmgs.h"
#include "nvram/vmgs1.h"
#include "nvram/vmgs1_new.h"
#include "nvram/xml.h"

/* The list has no signature: the first record's type is 0, and the whole must be records. */
static bool list_is_store(const uint8_t *bytes, size_t size)
{
	const struct file_bytes file = {bytes, size, ""};
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;

	return size >= 48 && get_le32(bytes) == 0 && variable_list_decode(&file, &nvram, NULL) == 0;
}

/* A list is written anew: nothing in it but the records. */
static int list_update(const struct file_bytes *old, const struct nvram *nvram, uint8_t **ret,
		       size_t *ret_size, struct error *err)
{
	(void)old;
	return variable_list_encode(nvram, ret, ret_size, err);
}

static int efivar_update(const struct file_bytes *old, const struct nvram *nvram, uint8_t **ret,
			 size_t *ret_size, struct error *err)
{
	if (nvram->count != 1)
		return error_failed(err, EINVAL, "'%s' is a file for one variable, not for %zu",
				    old->name, nvram->count);
	return efivar_encode(&nvram->variables[0], ret, ret_size, err);
}

static bool any_vmgs(const uint8_t *bytes, size_t size)
{
	/* an empty one has nothing but the footer of its VHD */
	return vmgs_is_v3(bytes, size) ||
	       (size >= 2 * VMGS_HEADER_2 && memcmp(bytes + size - 512, "conectix", 8) == 0 &&
		is_zero(bytes, 2 * VMGS_HEADER_2));
}

static const struct {
	const char *text;
	bool (*is_store)(const uint8_t *bytes, size_t size);
	int (*decode)(const struct file_bytes *file, struct nvram *ret, struct error *err);
	nvram_update_function *update;
} formats[NVRAM_FORMAT_MAX] = {
	[NVRAM_FORMAT_VMGS] = {"VMGS version 3", any_vmgs, vmgs_decode, vmgs_update},
	[NVRAM_FORMAT_VMGS_1] = {"VMGS version 1", vmgs_is_v1, vmgs1_decode, vmgs1_update},
	[NVRAM_FORMAT_OVMF] = {"OVMF variable store", ovmf_is_store, ovmf_decode, ovmf_update},
	[NVRAM_FORMAT_XML] = {"Hyper-V configuration, version 5.0", xml_is_text, xml_decode,
			      xml_update},
	[NVRAM_FORMAT_JSON] = {"JSON", json_is_text, json_decode, json_update},
	[NVRAM_FORMAT_EFIVAR] = {"efivar file", efivar_is_file, efivar_decode, efivar_update},
	[NVRAM_FORMAT_LIST] = {"variable list", list_is_store, variable_list_decode, list_update},
};

const char *nvram_format_text(enum nvram_format format)
{
	return formats[format].text;
}

int nvram_recognise(const uint8_t *bytes, size_t size, const char *name, enum nvram_format *ret,
		    struct error *err)
{
	for (unsigned int i = 0; i < NVRAM_FORMAT_MAX; i++) {
		if (formats[i].is_store(bytes, size)) {
			*ret = (enum nvram_format)i;
			return 0;
		}
	}
	return error_damaged(err, "'%s' is no store of UEFI variables that is known here", name);
}

int nvram_decode(const uint8_t *bytes, size_t size, const char *name, struct nvram *ret,
		 struct error *err)
{
	const struct file_bytes file = {bytes, size, name};
	enum nvram_format format;
	int r = nvram_recognise(bytes, size, name, &format, err);

	return r < 0 ? r : formats[format].decode(&file, ret, err);
}

int nvram_decode_vmgs(const uint8_t *bytes, size_t size, const char *name, struct nvram *ret,
		      struct error *err)
{
	return vmgs_decode(&(struct file_bytes){bytes, size, name}, ret, err);
}

int nvram_decode_ovmf(const uint8_t *bytes, size_t size, const char *name, struct nvram *ret,
		      struct error *err)
{
	return ovmf_decode(&(struct file_bytes){bytes, size, name}, ret, err);
}

static bool equal(const struct nvram *a, const struct nvram *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!nvram_variable_equal(&a->variables[i], &b->variables[i]))
			return false;
	return true;
}

static int copy_bytes(const struct file_bytes *from, uint8_t **ret, size_t *ret_size,
		      struct error *err)
{
	*ret = malloc(from->size ? from->size : 1);
	if (!*ret)
		return error_failed(err, ENOMEM, "out of memory");
	if (from->size > 0)
		memcpy(*ret, from->data, from->size);
	*ret_size = from->size;
	return 0;
}

int nvram_update(const uint8_t *old, size_t size, const char *name, const struct nvram *nvram,
		 uint8_t **ret, size_t *ret_size, struct error *err)
{
	const struct file_bytes file = {old, size, name};
	CLEANUP_NVRAM struct nvram before = NVRAM_INIT;
	enum nvram_format format;
	int r = nvram_recognise(old, size, name, &format, err);

	if (r == 0)
		r = formats[format].decode(&file, &before, err);
	if (r < 0)
		return r;
	if (equal(&before, nvram))
		return copy_bytes(&file, ret, ret_size, err);
	return formats[format].update(&file, nvram, ret, ret_size, err);
}

int nvram_encode(enum nvram_format format, const struct nvram *nvram, const struct guid *vhd_id,
		 uint8_t **ret, size_t *ret_size, struct error *err)
{
	switch (format) {
	case NVRAM_FORMAT_VMGS:
		return nvram_encode_vmgs(nvram, vhd_id, ret, ret_size, err);
	case NVRAM_FORMAT_VMGS_1:
		return vmgs1_encode(nvram, vhd_id, ret, ret_size, err);
	case NVRAM_FORMAT_OVMF:
		return nvram_encode_ovmf(nvram, ret, ret_size, err);
	case NVRAM_FORMAT_JSON:
		return json_encode(nvram, ret, ret_size, err);
	case NVRAM_FORMAT_LIST:
		return variable_list_encode(nvram, ret, ret_size, err);
	case NVRAM_FORMAT_EFIVAR:
		return efivar_update(&(struct file_bytes){.name = "efivar"}, nvram, ret, ret_size,
				     err);
	case NVRAM_FORMAT_XML:
	case NVRAM_FORMAT_MAX:
		break;
	}
	return error_failed(err, EINVAL,
			    "a configuration can be changed, but not made from nothing");
}
