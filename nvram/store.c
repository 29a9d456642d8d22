/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All containers behind one door. Which one it is, the content alone decides: names of stores say
 * little. */
#include "nvram/keys.h"
#include "nvram/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* In the order in which they are tried: see enum nvram_format. */
static const struct nvram_container *const containers[NVRAM_FORMAT_MAX] = {
	[NVRAM_FORMAT_OVMF] = &nvram_ovmf_container,
	[NVRAM_FORMAT_EFIVAR] = &nvram_efivar_container,
	[NVRAM_FORMAT_XML] = &nvram_xml_container,
	[NVRAM_FORMAT_CUSTOM_UEFI] = &nvram_custom_uefi_container,
	[NVRAM_FORMAT_JSON] = &nvram_json_container,
	[NVRAM_FORMAT_LIST] = &nvram_list_container,
	[NVRAM_FORMAT_VMGS] = &nvram_vmgs_container,
	[NVRAM_FORMAT_VMGS_1] = &nvram_vmgs1_container,
};

const struct nvram_container *nvram_container(enum nvram_format format)
{
	return containers[format];
}

const char *nvram_format_text(enum nvram_format format)
{
	return containers[format]->text;
}

int nvram_recognise(const uint8_t *bytes, size_t size, const char *name, enum nvram_format *ret,
		    struct error *err)
{
	for (unsigned int i = 0; i < NVRAM_FORMAT_MAX; i++) {
		if (containers[i]->is_store(bytes, size)) {
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

	return r < 0 ? r : containers[format]->decode(&file, ret, err);
}

int nvram_decode_vmgs(const uint8_t *bytes, size_t size, const char *name, struct nvram *ret,
		      struct error *err)
{
	return nvram_vmgs_container.decode(&(struct file_bytes){bytes, size, name}, ret, err);
}

int nvram_decode_ovmf(const uint8_t *bytes, size_t size, const char *name, struct nvram *ret,
		      struct error *err)
{
	return nvram_ovmf_container.decode(&(struct file_bytes){bytes, size, name}, ret, err);
}

static bool same_variables(const struct nvram *a, const struct nvram *b)
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

/* The variables as a container of that kind is to hold them; to be released. */
static int complete(enum nvram_format format, const struct nvram *nvram, struct nvram *ret,
		    struct error *err)
{
	int r = nvram_copy(nvram, ret, err);

	return r == 0 && containers[format]->is_guest_state ? nvram_leave_setup_mode(ret, err) : r;
}

int nvram_update(const uint8_t *old, size_t size, const char *name, const struct nvram *nvram,
		 uint8_t **ret, size_t *ret_size, struct error *err)
{
	const struct file_bytes file = {old, size, name};
	CLEANUP_NVRAM struct nvram before = NVRAM_INIT;
	CLEANUP_NVRAM struct nvram whole = NVRAM_INIT;
	enum nvram_format format;
	int r = nvram_recognise(old, size, name, &format, err);

	if (r == 0)
		r = containers[format]->decode(&file, &before, err);
	if (r < 0)
		return r;
	if (same_variables(&before, nvram))
		return copy_bytes(&file, ret, ret_size, err);
	r = complete(format, nvram, &whole, err);
	return r < 0 ? r : containers[format]->update(&file, &whole, ret, ret_size, err);
}

int nvram_encode(enum nvram_format format, const struct nvram *nvram, const struct guid *vhd_id,
		 uint8_t **ret, size_t *ret_size, struct error *err)
{
	CLEANUP_NVRAM struct nvram whole = NVRAM_INIT;
	int r;

	if (format >= NVRAM_FORMAT_MAX || !containers[format]->encode)
		return error_failed(err, EINVAL,
				    "a configuration can be changed, but not made from nothing");
	r = complete(format, nvram, &whole, err);
	return r < 0 ? r : containers[format]->encode(&whole, vhd_id, ret, ret_size, err);
}
