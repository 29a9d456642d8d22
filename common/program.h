/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Other people's programs, and where they are. */
#ifndef HVGEN2_COMMON_PROGRAM_H
#define HVGEN2_COMMON_PROGRAM_H

#include <stdbool.h>

#define PROGRAM_PATH 4096

/*
 * Look 'name' up in PATH, then in 'more', folders with colons between them. Only absolute folders
 * count: a program from the working directory is nobody's. *path is filled when it is found.
 */
bool program_find(const char *name, const char *more, char path[PROGRAM_PATH]);

#endif
