/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OVMF stores: the records of a blank 4M store, of which the first byte of the input may make one
 * without authenticated variables, or a small one, so that it gets full.
 */
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "fuzz.h"
#include "nvram/ovmf.h"
#include "nvram_check.h"

#define FIRST	  0x64U
#define SMALL_END 0x800U
#define PLAIN	  1U
#define SMALL	  2U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct guid plain = GUID(0xddcf3616, 0x3275, 0x4164, 0x98b6, 0xfe85707ffe7d);
	const struct nvram empty = NVRAM_INIT;
	uint8_t *store = NULL;
	size_t store_size;

	if (size < 1 || nvram_encode_ovmf(&empty, &store, &store_size, NULL) < 0)
		return 0;
	if (data[0] & PLAIN)
		memcpy(store + 0x48, plain.bytes, sizeof(plain.bytes));
	if (data[0] & SMALL)
		put_le32(store + 0x58, SMALL_END - 0x48);
	memcpy(store + FIRST, data + 1, min_u64(size - 1, 0x40000 - FIRST));
	nvram_check_store(store, store_size);
	free(store);
	return 0;
}
