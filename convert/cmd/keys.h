/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --secure-boot-keys FILE|auto: where the keys of Secure Boot come from. */
#ifndef HVGEN2_CONVERT_CMD_KEYS_H
#define HVGEN2_CONVERT_CMD_KEYS_H

#include "common/error.h"

#define CMD_TEXT_KEYS                                                                              \
	"put the keys of Secure Boot from this file into the store: the\n"                         \
	"JSON of Hyper-V's templates as OpenVMM has them, or any store\n"                          \
	"with keys; 'auto': those of Microsoft in an installed OVMF"

/* The file that 'wish' means; 'auto' is the first store with Microsoft's keys that an installed OVMF
 * has. Not to be freed. */
int cmd_keys_path(const char *wish, const char **ret, struct error *err);

#endif
