/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The variables that hold the keys of Secure Boot, inside nvram/. */
#ifndef HVGEN2_NVRAM_KEYS_H
#define HVGEN2_NVRAM_KEYS_H

#include "nvram/nvram.h"

enum { NVRAM_KEY_PK, NVRAM_KEY_KEK, NVRAM_KEY_DB, NVRAM_KEY_DBX, NVRAM_KEY_MAX };

struct nvram_key {
	const char *name;
	struct guid vendor;
};

/* 'index' is one of the above. */
struct nvram_key nvram_key(unsigned int index);

/* Is the variable one of them? */
bool nvram_is_key(const struct nvram_variable *variable);

/* What they carry in a store of a host. */
#define NVRAM_KEY_ATTRIBUTES (NVRAM_BOOT_ATTRIBUTES | NVRAM_TIME_AUTH)

/* Whoever puts PK into a store that a host starts from puts SetupMode 0 with it, which such a host
 * does not derive: else Windows' boot manager checks nothing. */
int nvram_leave_setup_mode(struct nvram *nvram, struct error *err);

#endif
