/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What grub-fstest prints, in English. */
#ifndef HVGEN2_CONVERT_VERIFY_MENU_WORDS_H
#define HVGEN2_CONVERT_VERIFY_MENU_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Of a device: "Partition loop0,gpt1: Filesystem type ext* - Label `root' - ..., UUID 5a9d... - ...".
 * Is it the file system with this UUID?
 */
bool verify_words_has_uuid(const char *line, const char *uuid);

/* Is that the kind of file system, as GRUB calls it ("btrfs")? */
bool verify_words_is_type(const char *line, const char *type);

/* Of a file, on standard error: it does not exist. */
bool verify_words_is_absent(const char *words);

/* Of a folder: call 'take' for each name of a file, until it returns false. */
void verify_words_files(const char *listing, bool (*take)(void *opaque, const char *name),
			void *opaque);

#endif
