/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMGS version 3 against the worked example and the rules of the format. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/bytes.h"
#include "nvram/vhd_footer.h"
#include "nvram/vmgs.h"
#include "samples.h"

TestSuite(nvram_vmgs);

#define STORE_SIZE 4194816

static uint8_t *make(void)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	struct guid id;
	uint8_t *store;
	size_t size;

	for (uint8_t i = 0; i < 16; i++)
		id.bytes[i] = i;
	cr_assert_eq(nvram_encode_vmgs(&nvram, &id, &store, &size, NULL), 0);
	cr_assert_eq(size, (size_t)STORE_SIZE);
	return store;
}

static int decode(const uint8_t *store, size_t size)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;

	return nvram_decode(store, size, "store", &nvram, NULL);
}

Test(nvram_vmgs, made_from_nothing_is_the_worked_example)
{
	static const uint8_t header[36] = {0x47, 0x55, 0x45, 0x53, 0x54, 0x52, 0x54, 0x53, 0x00,
					   0x00, 0x03, 0x00, 0x28, 0xed, 0x2e, 0x6d, 0x01, 0x00,
					   0x00, 0x00, 0xa8, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00,
					   0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
	static const uint8_t self[16] = {2, 0, 0, 0, 1, 0, 0, 0, 0x00, 0x10};
	static const uint8_t list[16] = {4, 0, 0, 0, 1, 0, 0, 0, 0xb4, 0x01};
	static const uint8_t extended[16] = {3, 0, 0, 0, 1, 0, 0, 0, 0x00, 0x10};
	CLEANUP_FREE uint8_t *expected = calloc(1, STORE_SIZE);
	CLEANUP_FREE uint8_t *store = make();

	memcpy(expected, header, sizeof(header));
	memcpy(expected + 0x2000, self, sizeof(self));
	memcpy(expected + 0x2040, list, sizeof(list));
	memcpy(expected + 0x2fc0, extended, sizeof(extended));
	memcpy(expected + 0x4000, sample_list, SAMPLE_LIST_SIZE);
	memcpy(expected + 0x400000, store + 0x400000, VHD_FOOTER_SIZE);
	cr_assert_eq(memcmp(store, expected, STORE_SIZE), 0);
	cr_assert_arr_eq(store + 0x400000, "conectix", 8);
	cr_assert_eq(get_be32(store + 0x400000 + 64), 0xfffff3a3u, "checksum of the VHD footer");
}

Test(nvram_vmgs, it_reads_back)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	CLEANUP_NVRAM struct nvram again = NVRAM_INIT;
	CLEANUP_FREE uint8_t *store = make();

	cr_assert_eq(nvram_decode(store, STORE_SIZE, "store", &again, NULL), 0);
	cr_assert_eq(again.count, nvram.count);
	for (size_t i = 0; i < again.count; i++)
		cr_assert(nvram_variable_equal(&again.variables[i], &nvram.variables[i]));
}

/* What vmgstool leaves after 'create' and 'write': header 2 is active and points at a table behind
 * the old one. */
Test(nvram_vmgs, the_second_header_is_found)
{
	CLEANUP_FREE uint8_t *store = make();
	struct vmgs_file self = {4, 1, 4096}, list = {5, 1, SAMPLE_LIST_SIZE};
	struct vmgs vmgs;

	memset(store + 0x2040, 0, VMGS_ENTRY_SIZE);
	memset(store + 0x4000, 0, 4096);
	vmgs_build_entry(&self, store + 0x4000);
	vmgs_build_entry(&list, store + 0x4040);
	memcpy(store + 0x5000, sample_list, SAMPLE_LIST_SIZE);
	vmgs_build_header(2, 4, store + VMGS_HEADER_2);
	cr_assert_eq(get_le32(store + VMGS_HEADER_2 + 12), 0xd186bd34u);
	cr_assert_eq(vmgs_parse(&(struct file_bytes){store, STORE_SIZE, "store"}, &vmgs, NULL), 0);
	cr_assert_eq(vmgs.active, 1u);
	cr_assert_eq(vmgs.files[VMGS_BIOS_NVRAM].size, (uint64_t)SAMPLE_LIST_SIZE);
	cr_assert_eq(decode(store, STORE_SIZE), 0);
}

Test(nvram_vmgs, sequence_numbers_must_follow_each_other)
{
	static const struct {
		uint32_t first, second;
		int active; /* -1: refused */
	} cases[] = {{1, 2, 1},		 {2, 1, 0},	     {1, 1, -1},	 {1, 3, -1},
		     {UINT32_MAX, 0, 1}, {0, UINT32_MAX, 0}, {UINT32_MAX, 1, -1}};
	CLEANUP_FREE uint8_t *store = make();
	struct vmgs vmgs;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r;

		vmgs_build_header(cases[i].first, 2, store);
		vmgs_build_header(cases[i].second, 2, store + VMGS_HEADER_2);
		r = vmgs_parse(&(struct file_bytes){store, STORE_SIZE, "store"}, &vmgs, NULL);
		cr_assert_eq(r, cases[i].active < 0 ? -EUCLEAN : 0, "case %zu", i);
		cr_assert(r < 0 || (int)vmgs.active == cases[i].active, "case %zu", i);
	}
}

/* Write a header field and make its checksum right again. */
static void poke_header(uint8_t *store, size_t offset, uint8_t value)
{
	store[offset] = value;
	put_le32(store + 12, 0);
	put_le32(store + 12, (uint32_t)crc32(0, store, VMGS_HEADER_SIZE));
}

Test(nvram_vmgs, encrypted_stores_are_refused)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	CLEANUP_FREE uint8_t *store = make();
	struct error err = ERROR_INIT;

	store[0x2040 + 0x2c] = 1;
	cr_assert_eq(nvram_decode(store, STORE_SIZE, "store", &nvram, &err), -EPERM);
	cr_assert_eq(err.refusal, REFUSAL_NVRAM_ENCRYPTED);
	store[0x2040 + 0x2c] = 0;
	poke_header(store, 0x20, 1);
	cr_assert_eq(nvram_decode(store, STORE_SIZE, "store", &nvram, &err), -EPERM);
	cr_assert_eq(err.refusal, REFUSAL_NVRAM_ENCRYPTED);
	cr_assert(strstr(err.message, "encrypted"));
	cr_assert_str_eq(err.advice,
			 "change it with Set-VMFirmware on the host that holds its key, or give a "
			 "store that is not encrypted");
}

Test(nvram_vmgs, damage_is_refused)
{
	CLEANUP_FREE uint8_t *store = make();

	store[0x10] ^= 1; /* the header's checksum */
	cr_assert_eq(decode(store, STORE_SIZE), -EUCLEAN);
	store[0x10] ^= 1;
	store[0x400000 + 40] ^= 1; /* that of the footer */
	cr_assert_eq(decode(store, STORE_SIZE), -EUCLEAN);
	store[0x400000 + 40] ^= 1;
	put_le32(store + 0x2040, 1024); /* a file beyond the end */
	cr_assert_eq(decode(store, STORE_SIZE), -EUCLEAN);
	put_le32(store + 0x2040, 4);
	put_le64(store + 0x2048, 4097); /* larger than its blocks */
	cr_assert_eq(decode(store, STORE_SIZE), -EUCLEAN);
	put_le64(store + 0x2048, 435);
	cr_assert_eq(decode(store, STORE_SIZE), -EUCLEAN);
	put_le64(store + 0x2048, 436);
	poke_header(store, 0x18, 0xff); /* table at block 255: empty, and so no variables */
	cr_assert_eq(decode(store, STORE_SIZE), 0);
	poke_header(store, 0x1a, 0xff); /* far beyond the end */
	cr_assert_eq(decode(store, STORE_SIZE), -EUCLEAN);
}
