/* SPDX-License-Identifier: GPL-3.0-or-later */
/* /etc/fstab, as fstab(5) and util-linux read it. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_FSTAB_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_FSTAB_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/cleanup.h"
#include "common/error.h"

/* Octal escapes are undone ("\040" is a space), and quotes around the value of a tag
 * (UUID="..."). */
struct fstab_entry {
	char *source;
	char *target;  /* "none" or "swap" where there is none */
	char *type;    /* "auto" when it is not said */
	char *options; /* "defaults" when they are not said */
	unsigned int line;
};

struct fstab {
	struct fstab_entry *list; /* in the order of the file */
	size_t count;
};

#define FSTAB_INIT                                                                                 \
	{                                                                                          \
		.list = NULL                                                                       \
	}
void fstab_done(struct fstab *fstab);
#define CLEANUP_FSTAB CLEANUP(fstab_done)

/* A line without a target is ignored, as mount ignores it. ERROR_DAMAGED for a NUL and for more
 * bytes or entries than any fstab has. *ret is FSTAB_INIT after an error. */
int fstab_parse(const struct file_bytes *file, struct fstab *ret, struct error *err);

/* The first entry with this target, slashes at its end not counted; or NULL. */
const struct fstab_entry *fstab_find(const struct fstab *fstab, const char *target);

/* Is 'option' ("nofail", or "subvol" for "subvol=@") among the options? */
bool fstab_has_option(const struct fstab_entry *entry, const char *option);

#endif
