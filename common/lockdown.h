/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a process can give up for itself and for good, by raw system calls: glibc of Debian 12 has
 * no functions for Landlock, and a list of some forty calls needs no library that compiles lists
 * (libseccomp).
 */
#ifndef HVGEN2_COMMON_LOCKDOWN_H
#define HVGEN2_COMMON_LOCKDOWN_H

#include <stdbool.h>

/* No sockets, in this process and all that it starts: making one is EPERM. False where the kernel
 * has no seccomp. Async-signal-safe. */
bool lockdown_no_network(void);

/* From now on no path leads to a file that is not open yet, and no signal to another process
 * (Landlock without any rule). False where the kernel has no Landlock. Memory files can still be
 * opened by their descriptor. */
bool lockdown_no_paths(void);

/*
 * Only the system calls that reading, computing and writing open files need; any other is EPERM:
 * no process, no program, no socket, no trace. False where the kernel has no seccomp.
 */
bool lockdown_few_calls(void);

#endif
