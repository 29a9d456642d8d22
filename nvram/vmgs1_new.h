/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A VMGS version 1 made from nothing. Experimental: whether a host accepts it is not known. */
#ifndef HVGEN2_NVRAM_VMGS1_NEW_H
#define HVGEN2_NVRAM_VMGS1_NEW_H

#include "nvram/nvram.h"

/* 'vhd_id' is the unique id of the VHD footer. *ret is to be freed. */
int vmgs1_encode(const struct nvram *nvram, const struct guid *vhd_id, uint8_t **ret,
		 size_t *ret_size, struct error *err);

#endif
