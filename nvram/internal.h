/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of nvram/ share and nobody else needs. */
#ifndef HVGEN2_NVRAM_INTERNAL_H
#define HVGEN2_NVRAM_INTERNAL_H

#include "nvram/nvram.h"

/* nvram_set() with a time stamp (EFI_TIME); NULL is a time of zero. The arguments may belong to
 * 'nvram'. */
int nvram_set_timed(struct nvram *nvram, const struct guid *vendor, const char *name,
		    uint32_t attributes, const uint8_t time[16], const void *data, size_t size,
		    struct error *err);

#endif
