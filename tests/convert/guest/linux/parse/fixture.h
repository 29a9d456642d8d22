/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files in the shape that guests have: the inputs of the fuzz targets are the fixtures here. */
#ifndef HVGEN2_TESTS_CONVERT_GUEST_LINUX_PARSE_FIXTURE_H
#define HVGEN2_TESTS_CONVERT_GUEST_LINUX_PARSE_FIXTURE_H

#include "common/bytes.h"
#include "common/error.h"

#define CORPUS SOURCE_DIR "/tests/fuzz/corpus/"

/* A whole file, without a NUL behind it, so that the sanitizers see a byte too many. It ends the
 * test when there is none. */
struct file_bytes fixture_read(const char *path);

/* A text as a file. */
struct file_bytes fixture_text(const char *text);

void fixture_done(struct file_bytes *file);
#define CLEANUP_FIXTURE CLEANUP(fixture_done)

/*
 * Parse 'file' cut off at every byte: 0 or damage, and nothing else. 'parse' says what it returned
 * and frees what it made.
 */
void fixture_cuts(const struct file_bytes *file,
		  int (*parse)(const struct file_bytes *file, struct error *err));

/* The message of the last failure holds 'part', and the kind is ERROR_DAMAGED. */
void fixture_is_damaged(const struct error *err, const char *part);

#endif
