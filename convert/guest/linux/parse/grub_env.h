/* SPDX-License-Identifier: GPL-3.0-or-later */
/* grubenv: the block in which GRUB and the guest leave each other variables. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_ENV_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_ENV_H

#include <stddef.h>

#include "common/bytes.h"
#include "common/cleanup.h"
#include "common/error.h"

struct grub_variable {
	char *name, *value;
};

struct grub_env {
	struct grub_variable *list;
	size_t count;
};

#define GRUB_ENV_INIT                                                                              \
	{                                                                                          \
		.list = NULL                                                                       \
	}
void grub_env_done(struct grub_env *env);
#define CLEANUP_GRUB_ENV CLEANUP(grub_env_done)

/* ERROR_DAMAGED without the signature "# GRUB Environment Block", with which GRUB starts and reads
 * no variable, and for more than 64 KiB. Lines without '=' are ignored. */
int grub_env_parse(const struct file_bytes *file, struct grub_env *ret, struct error *err);

/* The value, of several the last one; NULL when there is none. 'env' may be NULL. */
const char *grub_env_get(const struct grub_env *env, const char *name);

#endif
