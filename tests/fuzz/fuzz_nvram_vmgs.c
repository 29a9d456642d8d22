/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VMGS version 3. The input stands at the front of a store of 16 blocks and its checksums are made
 * right, so that the fuzzer gets behind them: header 1 from its first 168 bytes, header 2 from the
 * next, then the blocks from 2 on.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "fuzz.h"
#include "nvram/vhd_footer.h"
#include "nvram/vmgs.h"
#include "nvram_check.h"

#define BLOCKS 16U

static void place_header(uint8_t *at, const uint8_t *from)
{
	memcpy(at, from, VMGS_HEADER_SIZE);
	if (is_zero(at, VMGS_HEADER_SIZE))
		return;
	memcpy(at, VMGS_SIGNATURE, 8);
	put_le32(at + 12, 0);
	put_le32(at + 12, (uint32_t)crc32(0, at, VMGS_HEADER_SIZE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct guid id = {{0}};
	size_t store_size = BLOCKS * VMGS_BLOCK_SIZE;
	uint8_t *store;

	if (size < 2 * VMGS_HEADER_SIZE)
		return 0;
	store = calloc(1, store_size + VHD_FOOTER_SIZE);
	if (!store)
		return 0;
	place_header(store, data);
	place_header(store + VMGS_HEADER_2, data + VMGS_HEADER_SIZE);
	memcpy(store + 2 * VMGS_BLOCK_SIZE, data + 2 * VMGS_HEADER_SIZE,
	       min_u64(size - 2 * VMGS_HEADER_SIZE, store_size - 2 * VMGS_BLOCK_SIZE));
	vhd_footer_build(store_size, &id, store + store_size);
	nvram_check_store(store, store_size + VHD_FOOTER_SIZE);
	free(store);
	return 0;
}
