/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What libhivex cannot give a key: a security descriptor of its own (it takes the parent's), a
 * class, a time. A key that was made as a copy adopts those of its model in the bytes of the
 * finished hive.
 */
#ifndef HVGEN2_COMMON_HIVE_ADOPT_H
#define HVGEN2_COMMON_HIVE_ADOPT_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

/* Two keys of one hive: offsets of their cells in the file, as libhivex names nodes. */
struct hive_pair {
	size_t model, copy;
};

/* Embedded; all zero is empty; memory belongs to it. */
struct hive_pairs {
	struct hive_pair *list;
	size_t count;
};

/* Errors: ENOMEM. */
int hive_pairs_add(struct hive_pairs *pairs, size_t model, size_t copy, const char *name,
		   struct error *err);
void hive_pairs_done(struct hive_pairs *pairs);

/*
 * Let every copy adopt what its model has. '*bytes' is memory from malloc that may be replaced;
 * classes get a bin of their own behind the last one. The cells of all keys must be sound, as
 * hive_check() demands. Errors: ENOMEM; ERROR_DAMAGED when the hive would get too large.
 */
int hive_adopt(const struct hive_pairs *pairs, uint8_t **bytes, size_t *size, const char *name,
	       struct error *err);

#endif
