/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of Boot#### variables, inside nvram/. */
#ifndef HVGEN2_NVRAM_BOOT_ENTRY_H
#define HVGEN2_NVRAM_BOOT_ENTRY_H

#include "nvram/nvram.h"

/* "Boot0000" and its NUL; one more digit would fit no number, but the compiler cannot know. */
#define BOOT_NAME_SIZE 16

/* "Boot####" into 'name', which is returned. */
char *boot_name(uint16_t number, char name[BOOT_NAME_SIZE]);

/* Is it a Boot#### variable as the firmware sees it? */
bool boot_number_of(const struct nvram_variable *variable, uint16_t *ret);

#endif
