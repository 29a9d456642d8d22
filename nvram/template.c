/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A new store from an existing one: its keys and settings stay, the entry of the new disk comes on
 * top. */
#include "nvram/store.h"

#define IMAGE_SECURITY GUID(0xd719b2cb, 0x3d3a, 0x4596, 0xa3bc, 0xdad00e67656f)

static const char no_keys[] =
	"the store has no Secure Boot keys (PK, KEK, db), and the host adds them only to a store without any "
	"variable; the VM starts with Secure Boot off, or with a store that has them";

bool nvram_has_secure_boot_keys(const struct nvram *nvram)
{
	const struct guid global = NVRAM_GLOBAL, security = IMAGE_SECURITY;

	return nvram_get(nvram, &global, "PK") && nvram_get(nvram, &global, "KEK") &&
	       nvram_get(nvram, &security, "db");
}

const char *nvram_key_warning(enum nvram_format format, const struct nvram *nvram)
{
	return nvram_container(format)->is_guest_state && !nvram_has_secure_boot_keys(nvram)
		       ? no_keys
		       : NULL;
}

int nvram_from_template(struct nvram_store *store, const struct nvram_partition *esp,
			const char *path, bool remove_stale, uint8_t **ret, size_t *ret_size,
			struct error *err)
{
	uint16_t number;
	size_t removed;
	int r = nvram_add_windows_boot_manager(&store->nvram, esp, path, &number, err);

	if (r == 0 && remove_stale)
		r = nvram_remove_stale(&store->nvram, number, &removed, err);
	return r < 0 ? r
		     : nvram_update(store->bytes, store->size, store->name, &store->nvram, ret,
				    ret_size, err);
}
