/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registry hives (regf) in memory, through libhivex. Guards against what libhivex does not look at:
 * it opens a dirty hive without a word and its commit makes the hive look clean, so that Windows
 * then throws away the pending log.
 *
 * Paths name keys below the root, separated by backslashes; keys and values are found regardless of
 * case.
 */
#ifndef HVGEN2_COMMON_HIVE_HIVE_H
#define HVGEN2_COMMON_HIVE_HIVE_H

#include <hivex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct hive;
struct hive_pairs;

/* The largest hive that Windows loads has 2 GiB; what a conversion opens is far below this. */
#define HIVE_MAX_SIZE ((size_t)256 << 20)

/* The largest value that can be set: more would need "big data" cells, which libhivex does not
 * write. */
#define HIVE_MAX_VALUE 16344

/*
 * Open a copy of 'size' bytes. 'name' is for messages (the path in the guest) and is copied.
 * Errors: ERROR_DAMAGED (signature, checksum, structure by hive_check()), REFUSAL_HIVE_DIRTY
 * (sequence numbers at offsets 4 and 8 differ: the newest data stand in the log files only).
 */
int hive_open(const void *bytes, size_t size, const char *name, struct hive **ret,
	      struct error *err);

/*
 * A new hive with nothing but a root key, named 'root' (1 to 255 ASCII characters), in
 * format 1.'minor' (3 for BCD stores, 5 for everything that Windows loads at the start; 3 to 6 are
 * written). Administrators own it and, like the system, have full access, inherited by all keys
 * made below. All times in it are zero, so the bytes are always the same.
 */
int hive_new(const char *name, const char *root, unsigned int minor, struct hive **ret,
	     struct error *err);

/* The checksum that belongs at offset 508 of a base block, over the 508 bytes before it (regf:
 * "Base block"). */
uint32_t hive_checksum(const uint8_t *base);

/* The name given at opening. */
const char *hive_name(const struct hive *hive);

/* The handle of libhivex, for everything that has no helper here; belongs to the hive. */
hive_h *hive_handle(struct hive *hive);

/* The key at 'path' below 'node' (0 = the root; "" = the node itself); 0 when there is none. */
hive_node_h hive_find(struct hive *hive, hive_node_h node, const char *path);

/* As hive_find(), and keys that are missing are made. 0 with *err filled on failure. */
hive_node_h hive_make(struct hive *hive, hive_node_h node, const char *path, struct error *err);

/* A REG_DWORD of exactly four bytes. False when absent or otherwise. */
bool hive_get_dword(struct hive *hive, hive_node_h node, const char *value, uint32_t *ret);

/* A REG_SZ or REG_EXPAND_SZ as a new UTF-8 string, to be freed; NULL when absent or of another
 * type. */
char *hive_get_string(struct hive *hive, hive_node_h node, const char *value);

/* The bytes of a value of any type, to be freed; NULL when absent. */
uint8_t *hive_get_bytes(struct hive *hive, hive_node_h node, const char *value, uint32_t *ret_type,
			size_t *ret_size);

/* Set one value; at most HIVE_MAX_VALUE bytes. */
int hive_set(struct hive *hive, hive_node_h node, const char *value, uint32_t type,
	     const void *bytes, size_t size, struct error *err);
int hive_set_dword(struct hive *hive, hive_node_h node, const char *value, uint32_t number,
		   struct error *err);

/* All values of a key, in its order. */
struct hive_value_copy {
	char *name; /* UTF-8; "" is the default value */
	uint32_t type;
	uint8_t *bytes;
	size_t size;
};

struct hive_values {
	struct hive_value_copy *list;
	size_t count;
};

void hive_values_done(struct hive_values *values);
#define CLEANUP_HIVE_VALUES CLEANUP(hive_values_done)

/* Errors: ERROR_DAMAGED; a key with more than 65536 values or 16 MiB of data is not credible. */
int hive_get_values(struct hive *hive, hive_node_h node, struct hive_values *ret,
		    struct error *err);

/*
 * Put 'values' in the place of all that the key has. libhivex never uses space again and hive_set()
 * copies all values of a key, so this is the way to change several values of one key.
 */
int hive_set_values(struct hive *hive, hive_node_h node, const struct hive_values *values,
		    struct error *err);

/* Remove one value; nothing happens when there is none. */
int hive_unset(struct hive *hive, hive_node_h node, const char *value, struct error *err);

/* Remove the key 'child' of 'node' and all below; nothing happens when there is none. */
int hive_remove(struct hive *hive, hive_node_h node, const char *child, struct error *err);

/*
 * Copy the key 'from' with all values and keys below it, as the new key 'name' of 'parent', which
 * must have none of this name and not be below 'from'. Types of values, classes, times and security
 * descriptors are those of the model. Errors: E2BIG, before anything is made, for more than 1024
 * keys, 1 MiB, or a value above HIVE_MAX_VALUE; ERROR_DAMAGED; ENOMEM.
 */
int hive_copy(struct hive *hive, hive_node_h from, hive_node_h parent, const char *name,
	      struct error *err);

/* Can the key be copied? Errors: those of hive_copy() but ENOMEM. */
int hive_copy_check(struct hive *hive, hive_node_h from, struct error *err);

/* hive_copy() for the key and its values alone, which must be small; the new key is in *ret. */
int hive_copy_one(struct hive *hive, hive_node_h from, hive_node_h parent, const char *name,
		  hive_node_h *ret, struct error *err);

/* The copies made so far: of use within this folder. */
struct hive_pairs *hive_copied(struct hive *hive);

/* Could all values be read that were asked for? What this host could not read looked absent: ask
 * before anything is concluded from that. hive_commit() asks too. Errors: ERROR_FAILED. */
int hive_check_reads(const struct hive *hive, struct error *err);

/*
 * The hive with all changes, as new memory to be freed. The sequence numbers are equal and one
 * higher than before. What libhivex has made of it is checked with hive_check(). After a failure of
 * any setter the hive must not be committed.
 */
int hive_commit(struct hive *hive, uint8_t **ret_bytes, size_t *ret_size, struct error *err);

void hive_close(struct hive *hive);
void hive_cleanup(struct hive **hive);
#define CLEANUP_HIVE CLEANUP(hive_cleanup)

#endif
