/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a process can give up for itself and for good, by raw system calls: glibc of Debian 12 has
 * no functions for Landlock, and a list of some fifty calls needs no library that compiles lists
 * (libseccomp).
 */
#ifndef HVGEN2_COMMON_LOCKDOWN_H
#define HVGEN2_COMMON_LOCKDOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"

/* What a path may still be used for. */
enum lockdown_use {
	LOCKDOWN_LIST, /* a folder and those below: the names in it */
	LOCKDOWN_READ, /* a file, or a folder with all below it */
	LOCKDOWN_RUN,  /* and programs may be started from there */
	LOCKDOWN_WRITE, /* LOCKDOWN_READ, and regular files may be made, written, renamed and removed in it */
};

struct lockdown_place {
	char *path;
	enum lockdown_use use;
};

/* Embedded; all zero is none. What there is no room or memory for is left out: rights less. */
struct lockdown_places {
	struct lockdown_place list[256];
	size_t count;
};

void lockdown_places_done(struct lockdown_places *places);
#define CLEANUP_PLACES CLEANUP(lockdown_places_done)

/* 'path' may be NULL, and need not exist: then nothing is added, or nothing allowed. */
void lockdown_add(struct lockdown_places *places, const char *path, enum lockdown_use use);

/* The folder in which 'path' is. */
void lockdown_add_folder(struct lockdown_places *places, const char *path, enum lockdown_use use);

/* No sockets, in this process and all that it starts: making one is EPERM. False where the kernel
 * has no seccomp. Async-signal-safe. */
bool lockdown_no_network(void);

/*
 * For a program of other people, which is started behind it: it and what it becomes start no process,
 * send no signal to another, make no socket, and load, trace or mount nothing (EPERM). False where the
 * kernel has no seccomp. Async-signal-safe.
 */
bool lockdown_one_process(void);

/* No capability of root, nor any by exec: user 0 is then the owner of some files. False when they stay.
 * Async-signal-safe. */
bool lockdown_no_capabilities(void);

/*
 * From now on no path leads to a file that is not open yet, but to these, and no signal to another
 * process (Landlock). A second call leaves what both allow. False where the kernel has no Landlock.
 * Memory files can still be opened by their descriptor.
 */
bool lockdown_paths(const struct lockdown_places *places);

/*
 * Only the system calls that reading, computing and writing open files need; any other is EPERM:
 * no process, no program, no socket, no trace. False where the kernel has no seccomp.
 */
bool lockdown_few_calls(void);

#endif
