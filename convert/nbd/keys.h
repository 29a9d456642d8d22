/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of the plugin: 'disk' and 'view', and the long options of 'hvgen2 convert' that a disk
 * has which is only served, out of the same table. */
#ifndef HVGEN2_CONVERT_NBD_KEYS_H
#define HVGEN2_CONVERT_NBD_KEYS_H

#include "convert/cmd/conversion.h"

/* What they said. All is borrowed. */
struct keys {
	const char *disk;
	bool is_of_source; /* the disk is served as it is, and nothing is converted */
	const char
		*of_conversion; /* a key that the source as it is has not; NULL: none was given */
	struct convert convert;
};

/* What holds without any. */
void keys_init(struct keys *ret);

/* Take one. What takes no argument on the command line is true or false here. Errors: ERROR_USAGE,
 * for an unknown key, one that makes no sense here, and a wrong value. */
int keys_set(struct keys *keys, const char *key, const char *value, struct error *err);

/* After the last one: is all there that belongs together? ERROR_USAGE. */
int keys_check(const struct keys *keys, struct error *err);

#endif
