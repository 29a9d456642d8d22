/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file on an NTFS volume that verify_ntfs_open() has opened. */
#ifndef HVGEN2_CONVERT_VERIFY_NTFS_FILE_H
#define HVGEN2_CONVERT_VERIFY_NTFS_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct verify_ntfs_volume;

#define VERIFY_NTFS_START 4096

struct verify_ntfs_file {
	uint64_t size; /* bytes of the whole file, decompressed */
	size_t start_size;
	uint8_t start[VERIFY_NTFS_START]; /* the first bytes */
};

/*
 * Read a file to its end, decompressing what NTFS or "Compact OS" compressed. 'path' is UTF-8 with
 * backslashes or slashes, found regardless of case. ERROR_DAMAGED for a file of more than
 * 'max_size' (< 4 GiB) bytes, a folder, a link, an encrypted file, or contents that are elsewhere;
 * -ENOENT (ERROR_FAILED) when there is none. *ret is undefined on failure.
 */
int verify_ntfs_read(struct verify_ntfs_volume *volume, const char *path, size_t max_size,
		     struct verify_ntfs_file *ret, struct error *err);

#endif
