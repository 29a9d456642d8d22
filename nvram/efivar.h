/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One variable in one file, as two others write it:
 *
 *   efivar    libefivar's efi_variable_export(): magic, version 1, attributes u64, GUID, sizes,
 *             name, data, magic
 *   efivarfs  what Linux shows under /sys/firmware/efi/efivars: attributes u32 and data; the key
 *             is the file name, "BootOrder-8be4df61-93ca-11d2-aa0d-00e098032b8c"
 */
#ifndef HVGEN2_NVRAM_EFIVAR_H
#define HVGEN2_NVRAM_EFIVAR_H

#include "common/bytes.h"
#include "nvram/nvram.h"

int efivar_encode(const struct nvram_variable *variable, uint8_t **ret, size_t *ret_size,
		  struct error *err);

/* Is the last part of 'path' such a name? *ret_name is to be freed. */
bool efivarfs_key(const char *path, struct guid *ret_vendor, char **ret_name);
/* The last part of file->name, which is the path, gives the key. */
int efivarfs_decode(const struct file_bytes *file, struct nvram *ret, struct error *err);
int efivarfs_encode(const struct nvram_variable *variable, uint8_t **ret, size_t *ret_size,
		    struct error *err);

#endif
