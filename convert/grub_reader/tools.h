/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files that reading takes, and where they are. */
#ifndef HVGEN2_CONVERT_GRUB_READER_TOOLS_H
#define HVGEN2_CONVERT_GRUB_READER_TOOLS_H

#include <stdbool.h>

#include "common/program.h"

/* Where programs are looked for behind PATH. */
#define TOOLS_MORE "/usr/local/sbin:/usr/sbin:/sbin"

struct tools {
	char grub[PROGRAM_PATH];    /* grub-fstest */
	char library[PROGRAM_PATH]; /* our own, with the disk: pieces.h */
};

/* What is not installed here, and the package of Debian that has it. */
struct tools_missing {
	const char *name, *package;
};

/* False when something is missing. */
bool tools_find(struct tools *ret, struct tools_missing *ret_missing);

#endif
