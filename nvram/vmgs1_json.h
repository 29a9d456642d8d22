/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The JSON text of a VMGS version 1, in UTF-8: see vmgs1_layout.h. 'name' is for messages. */
#ifndef HVGEN2_NVRAM_VMGS1_JSON_H
#define HVGEN2_NVRAM_VMGS1_JSON_H

#include "nvram/nvram.h"

int vmgs1_json_decode(const char *text, size_t size, const char *name, struct nvram *ret,
		      struct error *err);

/* The text, which must end with a NUL at 'size', with exactly the variables of 'nvram'. *ret is to
 * be freed. */
int vmgs1_json_update(const char *text, size_t size, const char *name, const struct nvram *nvram,
		      char **ret, struct error *err);

#endif
