/* SPDX-License-Identifier: GPL-3.0-or-later */
/* OVMF variable stores against the worked example and the firmware's own blank images. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "nvram/ovmf.h"
#include "samples.h"

TestSuite(nvram_ovmf);

static uint8_t *make(size_t *size)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	uint8_t *store;

	cr_assert_eq(nvram_encode_ovmf(&nvram, &store, size, NULL), 0);
	cr_assert_eq(*size, (size_t)OVMF_4M_SIZE);
	return store;
}

static uint8_t *slurp(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rbe");
	uint8_t *bytes = malloc(1 << 20);

	if (!file) {
		free(bytes);
		cr_skip_test("no firmware images: package ovmf");
	}
	*size = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	return bytes;
}

/* The recipe: the blank image of the firmware with two records at 0x64. */
Test(nvram_ovmf, made_from_nothing_is_the_blank_image_with_two_records)
{
	static const uint8_t order[84] = {
		0xaa, 0x55, 0x3f, 0x00, 0x07, [36] = 0x14, [40] = 0x02, [44] = 0x61, 0xdf, 0xe4,
		0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa,	   0x0d,	0x00,	     0xe0, 0x98,
		0x03, 0x2b, 0x8c, 'B',	0,    'o',	   0,		'o',	     0,	   't',
		0,    'O',  0,	  'r',	0,    'd',	   0,		'e',	     0,	   'r',
		0,    0,    0,	  0,	0,    0xff,	   0xff};
	size_t size, blank_size;
	CLEANUP_FREE uint8_t *store = make(&size);
	CLEANUP_FREE uint8_t *blank = slurp("/usr/share/OVMF/OVMF_VARS_4M.fd", &blank_size);
	uint8_t *record = blank + 0x64;

	cr_assert_eq(size, blank_size);
	memset(record, 0, 60);
	put_le16(record, 0x55aa);
	record[2] = 0x3f;
	put_le32(record + 4, 7);
	put_le32(record + 36, 18);
	put_le32(record + 40, SAMPLE_OPTION_SIZE);
	memcpy(record + 44, order + 44, 16);
	memcpy(record + 60, "B\0o\0o\0t\0\60\0\60\0\60\0\60\0\0", 18);
	memcpy(record + 78, sample_list + SAMPLE_OPTION_OFFSET, SAMPLE_OPTION_SIZE);
	memcpy(blank + 0x1e0, order, sizeof(order));
	for (size_t i = 0; i < size; i++)
		cr_assert_eq(store[i], blank[i], "byte %#zx is %02x, expected %02x", i, store[i],
			     blank[i]);
}

Test(nvram_ovmf, it_reads_back)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	CLEANUP_NVRAM struct nvram again = NVRAM_INIT;
	size_t size;
	CLEANUP_FREE uint8_t *store = make(&size);

	cr_assert_eq(nvram_decode(store, size, "store", &again, NULL), 0);
	cr_assert_eq(again.count, nvram.count);
	for (size_t i = 0; i < again.count; i++)
		cr_assert(nvram_variable_equal(&again.variables[i], &nvram.variables[i]));
}

Test(nvram_ovmf, the_images_of_the_firmware_are_read)
{
	static const struct {
		const char *path;
		bool has_keys;
	} cases[] = {{"/usr/share/OVMF/OVMF_VARS.fd", false},
		     {"/usr/share/OVMF/OVMF_VARS_4M.fd", false},
		     {"/usr/share/OVMF/OVMF_VARS.ms.fd", true},
		     {"/usr/share/OVMF/OVMF_VARS_4M.ms.fd", true}};
	const struct guid global = NVRAM_GLOBAL;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
		size_t size;
		CLEANUP_FREE uint8_t *store = slurp(cases[i].path, &size);
		struct error err = ERROR_INIT;

		cr_assert_eq(nvram_decode(store, size, cases[i].path, &nvram, &err), 0, "%s",
			     err.message);
		cr_assert_eq(nvram_get(&nvram, &global, "PK") != NULL, cases[i].has_keys, "%s",
			     cases[i].path);
	}
}

static size_t count_of(const uint8_t *store, size_t size)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;

	cr_assert_eq(nvram_decode(store, size, "store", &nvram, NULL), 0);
	return nvram.count;
}

Test(nvram_ovmf, only_living_records_count)
{
	size_t size;
	CLEANUP_FREE uint8_t *store = make(&size);

	store[0x66] = 0x3d;
	cr_assert_eq(count_of(store, size), 1u, "deleted");
	store[0x66] = 0x7f;
	cr_assert_eq(count_of(store, size), 1u, "header only");
	store[0x66] = 0x3e;
	cr_assert_eq(count_of(store, size), 2u, "in deletion, with no successor");
	memcpy(store + 0x1e0, store + 0x64, 380);
	store[0x1e0 + 2] = 0x3f;
	store[0x1e0 + 78] ^= 0xff;
	cr_assert_eq(count_of(store, size), 1u, "in deletion, with a successor");
}

Test(nvram_ovmf, damage_is_refused)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	static const size_t at[] = {0x10, 0x20, 0x28, 0x40, 0x48, 0x5a, 0x5c, 0x5d, 0x64 + 38};
	size_t size;
	CLEANUP_FREE uint8_t *store = make(&size);

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		store[at[i]] ^= 0x10;
		cr_assert_eq(nvram_decode(store, size, "store", &nvram, NULL), -EUCLEAN,
			     "byte %#zx", at[i]);
		store[at[i]] ^= 0x10;
	}
	cr_assert_eq(nvram_decode(store, 0x1000, "store", &nvram, NULL), -EUCLEAN);
}

Test(nvram_ovmf, a_full_store_is_told)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	const struct guid global = NVRAM_GLOBAL;
	CLEANUP_FREE uint8_t *data = calloc(1, 33000);
	char name[2] = "A";
	uint8_t *store = NULL;
	size_t size;

	for (; name[0] < 'I'; name[0]++)
		cr_assert_eq(nvram_set(&nvram, &global, name, 7, data, 33000, NULL), 0);
	cr_assert_eq(nvram_encode_ovmf(&nvram, &store, &size, NULL), -ENOSPC);
	cr_assert_eq(nvram_set(&nvram, &global, "A", 7, store, 0, NULL), 0);
	nvram_done(&nvram);
	data = realloc(data, 0x8400);
	cr_assert_eq(nvram_set(&nvram, &global, "A", 7, data, 0x8400, NULL), 0);
	cr_assert_eq(nvram_encode_ovmf(&nvram, &store, &size, NULL), -EFBIG);
}
