/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of nvram/ share and nobody else needs. */
#ifndef HVGEN2_NVRAM_INTERNAL_H
#define HVGEN2_NVRAM_INTERNAL_H

#include "nvram/nvram.h"

/* What a variable says, apart from its key. All is borrowed. */
struct nvram_value {
	uint32_t attributes; /* EFI_VARIABLE_* bits */
	const uint8_t *time; /* EFI_TIME, 16 bytes; NULL is a time of zero */
	const void *data;    /* may be NULL when size is 0 */
	size_t size;
};

/* nvram_set() with a time stamp. Key and value may belong to 'nvram'. */
int nvram_set_value(struct nvram *nvram, const struct guid *vendor, const char *name,
		    const struct nvram_value *value, struct error *err);

#endif
