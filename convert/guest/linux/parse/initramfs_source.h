/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An initramfs as it is read: once, from front to end. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_INITRAMFS_SOURCE_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_INITRAMFS_SOURCE_H

#include <stddef.h>

#include "common/error.h"

/* Where the bytes come from. */
struct initramfs_source {
	/* The next at most 'size' bytes; *got is 0 at the end and only there. 0 or an error. */
	int (*read)(void *context, void *buffer, size_t size, size_t *got, struct error *err);
	void *context;
	const char *name; /* for messages */
};

#endif
