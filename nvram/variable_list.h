/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The variable list of Hyper-V's virtual BIOS: file 1 of a VMGS, records back to back without
 * header, padding, end mark or checksum. Known from openvmm's hcl_compat_uefi_nvram_storage.
 */
#ifndef HVGEN2_NVRAM_VARIABLE_LIST_H
#define HVGEN2_NVRAM_VARIABLE_LIST_H

#include "common/bytes.h"
#include "nvram/nvram.h"

/* The list must stay below this: the reader refuses more, and openvmm's writer asserts "less". */
#define VARIABLE_LIST_LIMIT 131072

/* In the order of 'nvram'. *ret is to be freed; it is not NULL for an empty list. */
int variable_list_encode(const struct nvram *nvram, uint8_t **ret, size_t *ret_size,
			 struct error *err);

/* All bytes must be records. A key that comes twice: the last one counts. */
int variable_list_decode(const struct file_bytes *file, struct nvram *ret, struct error *err);

#endif
