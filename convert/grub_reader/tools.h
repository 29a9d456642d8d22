/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The programs of others that reading takes, and where they are. */
#ifndef HVGEN2_CONVERT_GRUB_READER_TOOLS_H
#define HVGEN2_CONVERT_GRUB_READER_TOOLS_H

#include <stdbool.h>

#include "common/program.h"

/* Where programs are looked for behind PATH. */
#define TOOLS_MORE "/usr/local/sbin:/usr/sbin:/sbin"

#define TOOLS_FUSE "/dev/fuse"

struct tools {
	char grub[PROGRAM_PATH], nbdfuse[PROGRAM_PATH], nbdkit[PROGRAM_PATH], plugin[PROGRAM_PATH],
		fusermount[PROGRAM_PATH];
};

/* All that is not installed here, with commas between, and the packages of Debian that have it, with
 * spaces. */
struct tools_missing {
	char names[200], packages[200];
	bool fuse; /* TOOLS_FUSE cannot be opened */
};

/* Can it be opened? In a container it may be there, with all rights, and cannot. */
bool tools_have_fuse(void);

/* False when something is missing. */
bool tools_find(struct tools *ret, struct tools_missing *ret_missing);

#endif
