/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The source as a raw file, for a program that knows nothing else: nbdkit with our plugin serves it,
 * nbdfuse shows it as a file in a folder of our own. Made by any user who has /dev/fuse. */
#ifndef HVGEN2_CONVERT_GRUB_READER_MOUNT_H
#define HVGEN2_CONVERT_GRUB_READER_MOUNT_H

#include <stddef.h>

#include "convert/grub_reader/child.h"
#include "convert/grub_reader/tools.h"

#define MOUNT_PATH 4096

/* Embedded; all zero is none. */
struct mount {
	const struct tools *tools;  /* borrowed */
	char folder[MOUNT_PATH];    /* "" when there is none */
	char file[MOUNT_PATH + 16]; /* in it: the disk, while it is mounted */
	struct running nbdfuse;	    /* its pid is 0 when it does not run */
	int words; /* a memory file with what nbdfuse and nbdkit say; 0 when there is none */
};

/* The disk, by keys of the plugin. */
struct mount_keys {
	const char *bytes; /* with a NUL behind each */
	size_t size;
	const char *expect; /* another one: "expect=..." */
	bool must_lock;	    /* nbdkit serves nothing that is not read in a whole sandbox */
};

/*
 * Mount it. 'tools' are borrowed. 'asker' as in reader_child_wait(). Returns 0, -ENOPKG when
 * /dev/fuse cannot be opened, or another negative errno; *text says why. *ret is to be released with
 * reader_mount_close() in every case.
 */
int reader_mount_open(const struct tools *tools, const struct mount_keys *keys, int asker,
		      struct mount *ret, char text[400]);

/* False, with the words, when the disk can be read no more, or could not be read at some place: nbdkit
 * says what is wrong with the host's files. To whoever reads the mounted file it is EIO, as damage is. */
bool reader_mount_is_sound(const struct mount *mount, char text[400]);

void reader_mount_close(struct mount *mount);

#endif
