/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scratch disks, and running foreign tools on them. For tests: what cannot be done ends the test
 * program. */
#ifndef HVGEN2_TESTS_SUPPORT_SCRATCH_H
#define HVGEN2_TESTS_SUPPORT_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"

/*
 * A new sparse file of 'size' bytes as a writable disk; what was there under this name is replaced.
 * The file stays when the disk is closed. 'path' is copied.
 */
struct disk *scratch_new(const char *path, uint64_t size, uint32_t sector_size);

/* An existing file as a writable disk. */
struct disk *scratch_open(const char *path, uint32_t sector_size);

/* Is there such a program in PATH or in the folders of the system administrator? */
bool tool_exists(const char *name);

/*
 * Run a command line of the shell with the system administrator's folders in PATH. Returns its exit
 * status, -1 when it ended by a signal. *ret_output (may be NULL) is what it wrote to both streams,
 * to be freed.
 */
int tool_run(char **ret_output, const char *format, ...) PRINTF_LIKE(2, 3);

/* A whole file in new memory, to be freed, with a NUL behind it. NULL when it cannot be read. */
uint8_t *file_read(const char *path, size_t *ret_size);

/* Replace or create a file. */
void file_write(const char *path, const void *data, size_t size);

/* xorshift64*: the same numbers for the same seed (not 0) on every machine. */
uint64_t random_next(uint64_t *state);
/* From 0 to limit - 1. */
uint64_t random_below(uint64_t *state, uint64_t limit);
/* HVGEN2_SEED from the environment, else the clock; printed so that a failure can be repeated. */
uint64_t random_seed(const char *what);

#endif
