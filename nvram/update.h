/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The containers, one by one, as nvram_decode(), nvram_update() and nvram_encode() use them. Every
 * update takes an existing container and gives a new one with exactly the variables of 'nvram'; all
 * else is kept. *ret is to be freed.
 */
#ifndef HVGEN2_NVRAM_UPDATE_H
#define HVGEN2_NVRAM_UPDATE_H

#include "common/bytes.h"
#include "nvram/nvram.h"

typedef int nvram_update_function(const struct file_bytes *old, const struct nvram *nvram,
				  uint8_t **ret, size_t *ret_size, struct error *err);

nvram_update_function vmgs_update;
nvram_update_function vmgs1_update;
nvram_update_function ovmf_update;
nvram_update_function xml_update;
nvram_update_function json_update;

#endif
