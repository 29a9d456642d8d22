/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot#### variables, inside nvram/. */
#ifndef HVGEN2_NVRAM_BOOT_H
#define HVGEN2_NVRAM_BOOT_H

#include "nvram/nvram.h"

/* "Boot0000" and its NUL; one more digit would fit no number, but the compiler cannot know. */
#define BOOT_NAME_SIZE 16

/* Where a new entry goes. One that is listed already moves to the top, but never to the bottom. */
enum nvram_place { NVRAM_AT_TOP, NVRAM_AT_BOTTOM };

/* "Boot####" into 'name', which is returned. */
char *boot_name(uint16_t number, char name[BOOT_NAME_SIZE]);

/* Is it a Boot#### variable as the firmware sees it? */
bool boot_number_of(const struct nvram_variable *variable, uint16_t *ret);

/* Store a load option under the lowest free number, or find the equal one, and list it.
 * 'ret_number' may be NULL. */
int boot_add_option(struct nvram *nvram, const uint8_t *option, size_t size, enum nvram_place where,
		    uint16_t *ret_number, struct error *err);

#endif
