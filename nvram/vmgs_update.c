/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New variables in an existing VMGS, by the format's own protocol: data and a new file table go to
 * free blocks, then the inactive header, with the next sequence number, makes them valid. Old data,
 * old table and old header stay as they are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "nvram/container.h"
#include "nvram/variable_list.h"
#include "nvram/vhd_footer.h"
#include "nvram/vmgs.h"

#define RESERVED_BLOCKS 2U
/* A store of 4 GiB is the largest that vmgstool reads. */
#define MAX_BLOCKS (UINT32_C(1) << 20)

/* Mark what a file takes; two that share a block are damage which a write would make worse. */
static int mark_used(uint8_t *used, const struct vmgs_file *file, const char *name,
		     struct error *err)
{
	for (uint32_t i = 0; i < file->blocks; i++) {
		if (used[file->block + i])
			return error_damaged(err, "'%s': two VMGS files share block %u", name,
					     file->block + i);
		used[file->block + i] = 1;
	}
	return 0;
}

static int map_blocks(const struct vmgs *vmgs, const char *name, uint8_t **ret, struct error *err)
{
	struct vmgs_file reserved = {0, RESERVED_BLOCKS, 0};
	struct vmgs_file table = {vmgs->table, 1, VMGS_BLOCK_SIZE};
	CLEANUP_FREE uint8_t *used = NULL;
	int r;

	if (vmgs->blocks > MAX_BLOCKS)
		return error_failed(err, EFBIG, "'%s': VMGS of %u blocks, at most %u are possible",
				    name, vmgs->blocks, MAX_BLOCKS);
	used = calloc(vmgs->blocks, 1);
	if (!used)
		return error_failed(err, ENOMEM, "'%s': out of memory", name);
	r = mark_used(used, &reserved, name, err);
	if (r == 0 && !vmgs->is_empty)
		r = mark_used(used, &table, name, err);
	for (uint32_t i = 1; r == 0 && i < VMGS_TABLE_ENTRIES; i++)
		r = mark_used(used, &vmgs->files[i], name, err);
	if (r == 0)
		*ret = TAKE(used);
	return r;
}

/* Best fit, as the other writers of the format do it: the smallest hole that is large enough, the
 * first of equals. */
static int allocate_blocks(uint8_t *used, uint32_t blocks, struct vmgs_file *file, const char *name,
			   struct error *err)
{
	uint32_t best = 0, best_length = UINT32_MAX, start = 0;

	for (uint32_t i = 0; i <= blocks; i++) {
		if (i < blocks && !used[i])
			continue;
		if (i - start >= file->blocks && i - start < best_length) {
			best = start;
			best_length = i - start;
		}
		start = i + 1;
	}
	if (best_length == UINT32_MAX)
		return error_failed(err, ENOSPC, "'%s': no %u free blocks in a row", name,
				    file->blocks);
	memset(used + best, 1, file->blocks);
	file->block = best;
	return 0;
}

static uint8_t *block_at(uint8_t *store, uint32_t block)
{
	return store + (size_t)block * VMGS_BLOCK_SIZE;
}

/*
 * A header for the first write ever, or the successor of the active one with all else that it says.
 */
static void write_next_header(uint8_t *store, const struct vmgs *vmgs, uint32_t table)
{
	uint8_t *active = store + (vmgs->active ? VMGS_HEADER_2 : 0);
	uint8_t *inactive = store + (vmgs->active ? 0 : VMGS_HEADER_2);

	if (vmgs->is_empty)
		vmgs_build_header(1, table, store);
	else
		vmgs_next_header(active, table, inactive);
}

/* Unformatted stores have no extended table yet, which older implementations want. */
static int write_table(uint8_t *store, uint8_t *used, const struct vmgs *vmgs,
		       const struct vmgs_file *table, const struct vmgs_file *list,
		       const char *name, struct error *err)
{
	struct vmgs_file extended = {0, 1, VMGS_BLOCK_SIZE};
	uint8_t *at = block_at(store, table->block);
	int r;

	memset(at, 0, VMGS_BLOCK_SIZE);
	if (!vmgs->is_empty) {
		memcpy(at, block_at(store, vmgs->table), VMGS_BLOCK_SIZE);
	} else {
		r = allocate_blocks(used, vmgs->blocks, &extended, name, err);
		if (r < 0)
			return r;
		memset(block_at(store, extended.block), 0, VMGS_BLOCK_SIZE);
		vmgs_build_entry(&extended, at + VMGS_EXTENDED_TABLE * VMGS_ENTRY_SIZE);
	}
	vmgs_build_entry(table, at + VMGS_FILE_TABLE * VMGS_ENTRY_SIZE);
	vmgs_build_entry(list, at + VMGS_BIOS_NVRAM * VMGS_ENTRY_SIZE);
	return 0;
}

static int write_list(uint8_t *store, uint8_t *used, const struct vmgs *vmgs, const char *name,
		      const uint8_t *data, size_t data_size, struct error *err)
{
	struct vmgs_file table = {0, 1, VMGS_BLOCK_SIZE};
	struct vmgs_file list = {0, (uint32_t)max_u64(1, div_round_up(data_size, VMGS_BLOCK_SIZE)),
				 data_size};
	int r = allocate_blocks(used, vmgs->blocks, &table, name, err);

	if (r == 0)
		r = allocate_blocks(used, vmgs->blocks, &list, name, err);
	if (r == 0)
		r = write_table(store, used, vmgs, &table, &list, name, err);
	if (r < 0)
		return r;
	memset(block_at(store, list.block), 0, (size_t)list.blocks * VMGS_BLOCK_SIZE);
	memcpy(block_at(store, list.block), data, data_size);
	write_next_header(store, vmgs, table.block);
	return 0;
}

static int vmgs_update(const struct file_bytes *old, const struct nvram *nvram, uint8_t **ret,
		       size_t *ret_size, struct error *err)
{
	CLEANUP_FREE uint8_t *list = NULL;
	CLEANUP_FREE uint8_t *used = NULL;
	CLEANUP_FREE uint8_t *store = NULL;
	size_t list_size;
	struct vmgs vmgs;
	int r = vmgs_parse(old, &vmgs, err);

	if (r == 0)
		r = variable_list_encode(nvram, &list, &list_size, err);
	if (r == 0)
		r = map_blocks(&vmgs, old->name, &used, err);
	if (r < 0)
		return r;
	store = malloc(old->size);
	if (!store)
		return error_failed(err, ENOMEM, "'%s': out of memory", old->name);
	memcpy(store, old->data, old->size);
	r = write_list(store, used, &vmgs, old->name, list, list_size, err);
	if (r < 0)
		return r;
	*ret = TAKE(store);
	*ret_size = old->size;
	return 0;
}

static bool vmgs_is_store(const uint8_t *bytes, size_t size)
{
	/* an empty one has nothing but the footer of its VHD */
	return vmgs_is_v3(bytes, size) ||
	       (size >= 2 * VMGS_HEADER_2 && memcmp(bytes + size - 512, "conectix", 8) == 0 &&
		is_zero(bytes, 2 * VMGS_HEADER_2));
}

const struct nvram_container nvram_vmgs_container = {
	.text = "VMGS version 3",
	.is_guest_state = true,
	.is_store = vmgs_is_store,
	.decode = vmgs_decode,
	.update = vmgs_update,
	.encode = nvram_encode_vmgs,
};
