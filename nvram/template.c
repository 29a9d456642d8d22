/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A new store from an existing one: its keys and settings stay, the entry of the new disk comes on
 * top. */
#include "nvram/nvram.h"

int nvram_from_template(struct nvram_store *store, const struct nvram_partition *esp,
			const struct nvram_file *file, bool remove_stale, uint8_t **ret,
			size_t *ret_size, struct error *err)
{
	uint16_t number;
	size_t removed;
	int r = nvram_add_file(&store->nvram, esp, file->path, file->description, &number, err);

	if (r == 0 && remove_stale)
		r = nvram_remove_stale(&store->nvram, number, &removed, err);
	return r < 0 ? r
		     : nvram_update(store->bytes, store->size, store->name, &store->nvram, ret,
				    ret_size, err);
}
