/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of boot stores share: real stores where they are present, made ones, and targets
 * for them. */
#ifndef HVGEN2_TESTS_BCD_STORES_H
#define HVGEN2_TESTS_BCD_STORES_H

#include "bcd/bcd.h"
#include "bcd/store.h"

#define STORES SHARED_DATA "/hives/bcd/"

struct bytes {
	uint8_t *at;
	size_t size;
};

void bytes_done(struct bytes *bytes);
#define CLEANUP_BYTES CLEANUP(bytes_done)

/* Read a whole file; skips the running test when it is absent. */
struct bytes read_file(const char *path);

/* Are the real stores there? */
bool have_stores(void);

/* The names of the real stores that begin with 'prefix', sorted, NULL at the end. */
char **store_names(const char *prefix);
void store_names_done(char ***names);
#define CLEANUP_NAMES CLEANUP(store_names_done)

struct bcd_store *open_store(const struct bytes *bytes);

/*
 * A target with partition GUIDs made from what the store's own devices name; up to 16 partitions.
 */
struct synthetic_target {
	struct bcd_target target;
	struct moved_partition partitions[16];
};

void make_target(const struct bytes *bios_store, struct synthetic_target *ret);

/* The signature and the places that made_store() uses. */
#define MADE_SIGNATURE UINT32_C(0xd7da5d02)
#define MADE_SYSTEM    UINT64_C(1048576)
#define MADE_WINDOWS   UINT64_C(608174080)

/*
 * A BIOS store as Windows 10 leaves it: boot manager, loader, resume object, memory tester,
 * recovery environment in the system partition, inherited settings.
 */
struct bcd_store *made_store(void);
struct bytes commit_store(struct bcd_store *store);

/* The well-known identifiers and those of made_store(). */
struct guid id(const char *text);
#define MADE_LOADER   "{4b6feeb2-e322-11ea-9ed9-91d34fdb5ca7}"
#define MADE_RESUME   "{4b6feeb1-e322-11ea-9ed9-91d34fdb5ca7}"
#define MADE_RECOVERY "{4b6feeb3-e322-11ea-9ed9-91d34fdb5ca7}"
#define MADE_OPTIONS  "{4b6feeb4-e322-11ea-9ed9-91d34fdb5ca7}"

/* An object of the store, which must be there; the text of its element, "" when absent. */
struct bcd_object *object_of(struct bcd_store *store, const char *guid_text);
const char *text_of(struct bcd_store *store, const char *guid_text, uint32_t code);

/* Set elements, or fail the test. */
void set_string(struct bcd_store *store, struct bcd_object *object, uint32_t code,
		const char *text);
void set_mbr_device(struct bcd_store *store, struct bcd_object *object, uint32_t code,
		    uint64_t offset, uint32_t signature);
void set_ref(struct bcd_store *store, struct bcd_object *object, uint32_t code,
	     const char *guid_text);

/*
 * Compare two stores element by element; the default loader and its resume object are the same
 * whatever their GUIDs. New memory, to be freed: one line "WHERE CODE" for each difference, sorted,
 * WHERE being "loader", "resume" or "{bootmgr}"; "WHERE" alone for an object that only one of them
 * has.
 */
char *store_differences(const struct bcd_store *a, const struct bcd_store *b);

#endif
