/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hives of the guest as Windows would see them: a dirty one is brought up to date from the logs
 * beside it (.LOG, .LOG1, .LOG2), in memory.
 */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_HIVE_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_HIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/hive/hive.h"
#include "convert/files/files.h"

/* \Boot\BCD is some ten KiB; Microsoft's media have 256 KiB. */
#define WINDOWS_MAX_BCD ((size_t)16 << 20)
/* SYSTEM is 10 to 30 MiB on servers; three copies of it are in memory at times. */
#define WINDOWS_MAX_HIVE HIVE_MAX_SIZE

/*
 * Read the hive at 'path', at most 'max_size' bytes, into new memory, to be freed. *ret_recovered
 * (may be NULL) says that logs were applied. Errors: those of volume_read_file();
 * REFUSAL_HIVE_DIRTY when the logs do not hold what is missing; ERROR_DAMAGED when it is no hive.
 */
int windows_hive_read(struct volume *volume, const char *path, size_t max_size, uint8_t **ret_bytes,
		      size_t *ret_size, bool *ret_recovered, struct error *err);

/* The same from a volume of any file system. */
int windows_hive_read_from(struct files *files, const char *path, size_t max_size,
			   uint8_t **ret_bytes, size_t *ret_size, bool *ret_recovered,
			   struct error *err);

#endif
