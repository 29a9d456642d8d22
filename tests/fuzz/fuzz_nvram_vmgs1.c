/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VMGS version 1: a store made from nothing whose two headers (the first 192 bytes of the input,
 * checksums made right) and whose text (the rest, 8-bit) are the fuzzer's.
 */
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "fuzz.h"
#include "nvram/vmgs1_layout.h"
#include "nvram/vmgs1_new.h"
#include "nvram_check.h"

#define PARTITION (128U * VMGS1_SECTOR)
#define TEXT	  (PARTITION + 8U * VMGS1_SECTOR)
#define MAX_TEXT  65536U

static void place_header(uint8_t *at, const uint8_t *from)
{
	if (!is_zero(from, VMGS1_HEADER_SIZE))
		memcpy(at, from, VMGS1_HEADER_SIZE);
	memcpy(at, "GUESTRTS", 8);
	put_le32(at + VMGS1_CHECKSUM, vmgs1_checksum(at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct guid id = {{0}};
	const struct nvram empty = NVRAM_INIT;
	uint8_t *store = NULL;
	size_t store_size, text_size;

	if (size < 2 * VMGS1_HEADER_SIZE ||
	    vmgs1_encode(&empty, &id, &store, &store_size, NULL) < 0)
		return 0;
	text_size = min_u64(size - 2 * VMGS1_HEADER_SIZE, MAX_TEXT);
	if (text_size > 0)
		memset(store + TEXT, 0, 4096);
	for (size_t i = 0; i < text_size; i++)
		put_le16(store + TEXT + 2 * i, data[2 * VMGS1_HEADER_SIZE + i]);
	if (text_size > 0)
		for (size_t i = 0; i < 2; i++)
			put_le32(store + PARTITION + i * VMGS1_SECTOR + VMGS1_LOCATORS +
					 VMGS1_LOCATOR_SIZE,
				 (uint32_t)(2 * text_size));
	place_header(store + PARTITION, data);
	place_header(store + PARTITION + VMGS1_SECTOR, data + VMGS1_HEADER_SIZE);
	nvram_check_store(store, store_size);
	free(store);
	return 0;
}
