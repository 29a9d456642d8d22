/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A look into a registry hive without loading it: a few keys and values of a SOFTWARE hive of 100
 * MiB and more cost a few hundred small reads. Read-only; keys and values are found regardless of
 * (ASCII) case. The bytes are described in hive_format.h.
 */
#ifndef HVGEN2_COMMON_HIVE_PEEK_H
#define HVGEN2_COMMON_HIVE_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* To be filled by the user up to 'size'; borrowed things must outlive it. Nothing to release. */
struct hive_peek {
	/* Fill 'buffer' whole; the range lies within 'size'. */
	int (*read)(void *context, void *buffer, size_t length, uint64_t offset, struct error *err);
	void *context;
	const char *name; /* for messages */
	uint64_t size;	  /* of the hive in bytes */

	uint32_t root; /* the root key, set by hive_peek_open() */
};

#define HIVE_PEEK_MAX_VALUE 4096

struct hive_peek_value {
	uint32_t type; /* REG_SZ is 1, REG_EXPAND_SZ 2, REG_DWORD 4 */
	size_t size;
	uint8_t bytes[HIVE_PEEK_MAX_VALUE];
};

/*
 * Check the base block. *ret_dirty: the newest data stand in the logs. ERROR_DAMAGED when it is no
 * sound hive.
 */
int hive_peek_open(struct hive_peek *peek, bool *ret_dirty, struct error *err);

/*
 * Find the key at 'path', names separated by backslashes, below 'key'. -ENOENT (with *err filled)
 * when there is none, ERROR_DAMAGED when the hive leads nowhere.
 */
int hive_peek_key(const struct hive_peek *peek, uint32_t key, const char *path, uint32_t *ret,
		  struct error *err);

/*
 * Read a value of 'key'; -EFBIG when it has more than HIVE_PEEK_MAX_VALUE bytes. Other errors as
 * above.
 */
int hive_peek_value(const struct hive_peek *peek, uint32_t key, const char *name,
		    struct hive_peek_value *ret, struct error *err);

#endif
