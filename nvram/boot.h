/* SPDX-License-Identifier: GPL-3.0-or-later */
/* BootOrder and the load options listed in it, inside nvram/. */
#ifndef HVGEN2_NVRAM_BOOT_H
#define HVGEN2_NVRAM_BOOT_H

#include "nvram/nvram.h"

/* Where a new entry goes. One that is listed already moves to the top, but never to the bottom. */
enum nvram_place { NVRAM_AT_TOP, NVRAM_AT_BOTTOM };

/* Store a load option under the lowest free number, or find the equal one, and list it.
 * 'ret_number' may be NULL. */
int boot_add_option(struct nvram *nvram, const uint8_t *option, size_t size, enum nvram_place where,
		    uint16_t *ret_number, struct error *err);

#endif
