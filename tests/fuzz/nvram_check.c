/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must hold of every input that the readers of nvram/ accept: see nvram_check.h. */
#include "nvram_check.h"

#include <stdlib.h>
#include <string.h>

#include "nvram/nvram.h"

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void take_apart(const struct nvram *nvram)
{
	uint16_t numbers[64];
	size_t count = nvram_boot_numbers(nvram, numbers, 64);

	for (size_t i = 0; i < count && i < 64; i++) {
		CLEANUP_BOOT_ENTRY struct nvram_boot_entry entry = NVRAM_BOOT_ENTRY_INIT;

		if (nvram_boot_entry(nvram, numbers[i], &entry, NULL) == 0)
			require(entry.description && entry.firmware_path &&
				(entry.file_path || entry.type != NVRAM_BOOT_FILE));
	}
	for (size_t i = 0; i < nvram->count; i++) {
		CLEANUP_SIGNATURES struct nvram_signatures signatures = NVRAM_SIGNATURES_INIT;

		if (nvram_holds_signatures(&nvram->variables[i]))
			(void)nvram_read_signatures(&nvram->variables[i], &signatures, NULL);
	}
}

/* Time stamps are left out: not every container has room for them. */
static void require_same(const struct nvram *a, const struct nvram *b)
{
	require(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct nvram_variable *v = &a->variables[i];
		const struct nvram_variable *w = nvram_get(b, &v->vendor, v->name);

		require(w && w->attributes == v->attributes && w->size == v->size &&
			memcmp(w->data, v->data, v->size) == 0);
	}
}

static void change(struct nvram *nvram)
{
	const struct guid global = NVRAM_GLOBAL;

	if (nvram->count > 1) {
		struct guid vendor = nvram->variables[0].vendor;

		nvram_remove(nvram, &vendor, nvram->variables[0].name);
	}
	if (nvram->count > 0) {
		struct nvram_variable *last = &nvram->variables[nvram->count - 1];

		last->attributes ^= 1;
		if (last->size > 0)
			last->data[0] ^= 0xff;
	}
	require(nvram_set(nvram, &global, "Boot0000", 7, "new", 3, NULL) == 0 ||
		nvram->count == NVRAM_MAX_VARIABLES);
}

/* As everything does that puts PK into a guest state file. */
static int leave_setup_mode(struct nvram *nvram)
{
	const struct guid global = NVRAM_GLOBAL;

	return nvram_secure_boot_key(nvram, "PK")
		       ? nvram_set(nvram, &global, "SetupMode", 7, "", 1, NULL)
		       : 0;
}

/* Whatever keys are accepted, the same are read back. */
static void check_keys(const struct nvram *from)
{
	const struct guid id = NVRAM_GLOBAL;
	CLEANUP_NVRAM struct nvram keys = NVRAM_INIT;
	CLEANUP_NVRAM struct nvram again = NVRAM_INIT;
	uint8_t *store = NULL;
	size_t size;

	if (nvram_add_keys(&keys, NVRAM_FORMAT_LIST, from, "fuzz", NULL) < 0)
		return;
	require(nvram_encode(NVRAM_FORMAT_LIST, &keys, &id, &store, &size, NULL) == 0);
	require(nvram_decode(store, size, "fuzz", &again, NULL) == 0);
	require_same(&keys, &again);
	free(store);
}

void nvram_check_store(const uint8_t *bytes, size_t size)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	CLEANUP_NVRAM struct nvram again = NVRAM_INIT;
	uint8_t *same = NULL, *new = NULL;
	size_t same_size, new_size;

	if (nvram_decode(bytes, size, "fuzz", &nvram, NULL) < 0)
		return;
	take_apart(&nvram);
	check_keys(&nvram);
	require(nvram_update(bytes, size, "fuzz", &nvram, &same, &same_size, NULL) == 0);
	require(same_size == size && memcmp(same, bytes, size) == 0);
	free(same);
	change(&nvram);
	require(leave_setup_mode(&nvram) == 0);
	if (nvram_update(bytes, size, "fuzz", &nvram, &new, &new_size, NULL) < 0)
		return;
	require(nvram_decode(new, new_size, "fuzz", &again, NULL) == 0);
	require_same(&nvram, &again);
	free(new);
}
