/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VMGS version 3, made from nothing and read: see vmgs.h. */
#include "nvram/vmgs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "nvram/variable_list.h"
#include "nvram/vhd_footer.h"

#define HEADER_SIGNATURE  0x00
#define HEADER_VERSION	  0x08
#define HEADER_CHECKSUM	  0x0c /* CRC-32 of the header with this field 0 */
#define HEADER_SEQUENCE	  0x10
#define HEADER_LENGTH	  0x14
#define HEADER_TABLE	  0x18 /* block */
#define HEADER_TABLE_SIZE 0x1c /* blocks: 1 */
#define HEADER_ALGORITHM  0x20 /* u16, 0: not encrypted */

#define VERSION_3 0x00030000U

#define ENTRY_BLOCK	 0x00
#define ENTRY_BLOCKS	 0x04 /* 0: entry not in use */
#define ENTRY_SIZE	 0x08 /* u64, bytes in use */
#define ENTRY_ATTRIBUTES 0x2c
#define ENTRY_PROTECTED	 3U /* encrypted, or authenticated with a key */

#define ADVICE_ENCRYPTED                                                                           \
	"change it with Set-VMFirmware on the host that holds its key, or give a store that is "   \
	"not encrypted"

#define FIRST_BLOCK 2U /* blocks 0 and 1 belong to the headers */

/* A store made from nothing: the size is the default of openvmm, the blocks are the order of our
 * writing. */
#define NEW_SIZE	   (4 * MIB)
#define NEW_TABLE	   2U
#define NEW_EXTENDED_TABLE 3U
#define NEW_NVRAM	   4U

static uint32_t header_checksum(const uint8_t *header)
{
	uint8_t copy[VMGS_HEADER_SIZE];

	memcpy(copy, header, sizeof(copy));
	put_le32(copy + HEADER_CHECKSUM, 0);
	return (uint32_t)crc32(0, copy, sizeof(copy));
}

void vmgs_build_header(uint32_t sequence, uint32_t table_block, uint8_t ret[VMGS_HEADER_SIZE])
{
	memset(ret, 0, VMGS_HEADER_SIZE);
	memcpy(ret + HEADER_SIGNATURE, VMGS_SIGNATURE, 8);
	put_le32(ret + HEADER_VERSION, VERSION_3);
	put_le32(ret + HEADER_SEQUENCE, sequence);
	put_le32(ret + HEADER_LENGTH, VMGS_HEADER_SIZE);
	put_le32(ret + HEADER_TABLE, table_block);
	put_le32(ret + HEADER_TABLE_SIZE, 1);
	put_le32(ret + HEADER_CHECKSUM, header_checksum(ret));
}

void vmgs_next_header(const uint8_t *header, uint32_t table_block, uint8_t ret[VMGS_HEADER_SIZE])
{
	memmove(ret, header, VMGS_HEADER_SIZE);
	put_le32(ret + HEADER_SEQUENCE, get_le32(header + HEADER_SEQUENCE) + 1);
	put_le32(ret + HEADER_TABLE, table_block);
	put_le32(ret + HEADER_CHECKSUM, header_checksum(ret));
}

void vmgs_build_entry(const struct vmgs_file *file, uint8_t ret[VMGS_ENTRY_SIZE])
{
	memset(ret, 0, VMGS_ENTRY_SIZE);
	put_le32(ret + ENTRY_BLOCK, file->block);
	put_le32(ret + ENTRY_BLOCKS, file->blocks);
	put_le64(ret + ENTRY_SIZE, file->size);
}

static void build_table(uint8_t *table, size_t list_size)
{
	struct vmgs_file self = {NEW_TABLE, 1, VMGS_BLOCK_SIZE};
	struct vmgs_file extended = {NEW_EXTENDED_TABLE, 1, VMGS_BLOCK_SIZE};
	struct vmgs_file list = {NEW_NVRAM, (uint32_t)div_round_up(list_size, VMGS_BLOCK_SIZE),
				 list_size};

	vmgs_build_entry(&self, table + VMGS_FILE_TABLE * VMGS_ENTRY_SIZE);
	vmgs_build_entry(&extended, table + VMGS_EXTENDED_TABLE * VMGS_ENTRY_SIZE);
	if (list_size > 0)
		vmgs_build_entry(&list, table + VMGS_BIOS_NVRAM * VMGS_ENTRY_SIZE);
}

int nvram_encode_vmgs(const struct nvram *nvram, const struct guid *vhd_id, uint8_t **ret,
		      size_t *ret_size, struct error *err)
{
	CLEANUP_FREE uint8_t *list = NULL;
	CLEANUP_FREE uint8_t *store = NULL;
	size_t list_size;
	int r = variable_list_encode(nvram, &list, &list_size, err);

	if (r < 0)
		return r;
	store = calloc(1, NEW_SIZE + VHD_FOOTER_SIZE);
	if (!store)
		return error_failed(err, ENOMEM, "VMGS: out of memory");
	vmgs_build_header(1, NEW_TABLE, store);
	build_table(store + NEW_TABLE * VMGS_BLOCK_SIZE, list_size);
	memcpy(store + NEW_NVRAM * VMGS_BLOCK_SIZE, list, list_size);
	vhd_footer_build(NEW_SIZE, vhd_id, store + NEW_SIZE);
	*ret = TAKE(store);
	*ret_size = NEW_SIZE + VHD_FOOTER_SIZE;
	return 0;
}

bool vmgs_is_v1(const uint8_t *bytes, size_t size)
{
	return size >= 2 * VMGS_HEADER_2 && memcmp(bytes + 512, "EFI PART", 8) == 0;
}

bool vmgs_is_v3(const uint8_t *bytes, size_t size)
{
	return size >= 2 * VMGS_HEADER_2 && !vmgs_is_v1(bytes, size) &&
	       (memcmp(bytes, VMGS_SIGNATURE, 8) == 0 ||
		memcmp(bytes + VMGS_HEADER_2, VMGS_SIGNATURE, 8) == 0);
}

static bool header_is_valid(const uint8_t *header)
{
	return memcmp(header + HEADER_SIGNATURE, VMGS_SIGNATURE, 8) == 0 &&
	       get_le32(header + HEADER_VERSION) == VERSION_3 &&
	       get_le32(header + HEADER_LENGTH) == VMGS_HEADER_SIZE &&
	       get_le32(header + HEADER_TABLE) >= FIRST_BLOCK &&
	       get_le32(header + HEADER_TABLE_SIZE) == 1 &&
	       get_le16(header + HEADER_ALGORITHM) <= 1 &&
	       get_le32(header + HEADER_CHECKSUM) == header_checksum(header);
}

/* The rule of the format: of two valid headers the one whose number is the other's plus 1, and
 * nothing else. */
static int choose_header(const struct file_bytes *file, struct vmgs *vmgs, struct error *err)
{
	const uint8_t *headers[2] = {file->data, file->data + VMGS_HEADER_2};
	bool valid[2] = {header_is_valid(headers[0]), header_is_valid(headers[1])};
	uint32_t sequence[2] = {get_le32(headers[0] + HEADER_SEQUENCE),
				get_le32(headers[1] + HEADER_SEQUENCE)};

	if (!valid[0] && !valid[1])
		return error_damaged(err, "'%s': neither VMGS header (at 0 and %u) is valid",
				     file->name, VMGS_HEADER_2);
	if (valid[0] && valid[1] && sequence[0] + 1 != sequence[1] &&
	    sequence[1] + 1 != sequence[0])
		return error_damaged(err,
				     "'%s': VMGS headers number %u and %u do not follow each other",
				     file->name, sequence[0], sequence[1]);
	vmgs->active = !valid[0] || (valid[1] && sequence[0] + 1 == sequence[1]);
	vmgs->sequence = sequence[vmgs->active];
	vmgs->table = get_le32(headers[vmgs->active] + HEADER_TABLE);
	if (get_le16(headers[vmgs->active] + HEADER_ALGORITHM) != 0)
		return error_refused(err, REFUSAL_NVRAM_ENCRYPTED, ADVICE_ENCRYPTED,
				     "'%s' is an encrypted VMGS", file->name);
	return 0;
}

static int read_entry(const uint8_t *entry, unsigned int id, const char *name, struct vmgs *vmgs,
		      struct error *err)
{
	struct vmgs_file file = {get_le32(entry + ENTRY_BLOCK), get_le32(entry + ENTRY_BLOCKS),
				 get_le64(entry + ENTRY_SIZE)};

	if (file.blocks == 0)
		return 0;
	if (file.block < FIRST_BLOCK || !range_within(file.block, file.blocks, vmgs->blocks) ||
	    file.size > (uint64_t)file.blocks * VMGS_BLOCK_SIZE)
		return error_damaged(err,
				     "'%s': VMGS file %u has %llu bytes in %u blocks at %u, of %u",
				     name, id, (unsigned long long)file.size, file.blocks,
				     file.block, vmgs->blocks);
	if (id == VMGS_BIOS_NVRAM && get_le32(entry + ENTRY_ATTRIBUTES) & ENTRY_PROTECTED)
		return error_refused(err, REFUSAL_NVRAM_ENCRYPTED, ADVICE_ENCRYPTED,
				     "'%s': the variables in this VMGS are encrypted", name);
	vmgs->files[id] = file;
	return 0;
}

int vmgs_parse(const struct file_bytes *file, struct vmgs *ret, struct error *err)
{
	struct vmgs vmgs = {.active = 0};
	uint64_t virtual_size;
	int r = vhd_footer_parse(file, &virtual_size, err);

	if (r < 0)
		return r;
	vmgs.blocks = (uint32_t)min_u64(virtual_size / VMGS_BLOCK_SIZE, UINT32_MAX);
	if (vmgs.blocks <= FIRST_BLOCK)
		return error_damaged(err, "'%s': VMGS of %u blocks", file->name, vmgs.blocks);
	vmgs.is_empty = is_zero(file->data, VMGS_HEADER_SIZE) &&
			is_zero(file->data + VMGS_HEADER_2, VMGS_HEADER_SIZE);
	if (!vmgs.is_empty)
		r = choose_header(file, &vmgs, err);
	if (r == 0 && vmgs.table >= vmgs.blocks)
		r = error_damaged(err, "'%s': VMGS file table at block %u of %u", file->name,
				  vmgs.table, vmgs.blocks);
	for (unsigned int i = 0; r == 0 && !vmgs.is_empty && i < VMGS_TABLE_ENTRIES; i++)
		r = read_entry(file->data + (size_t)vmgs.table * VMGS_BLOCK_SIZE +
				       i * VMGS_ENTRY_SIZE,
			       i, file->name, &vmgs, err);
	if (r == 0)
		*ret = vmgs;
	return r;
}

int vmgs_decode(const struct file_bytes *file, struct nvram *ret, struct error *err)
{
	struct file_bytes list = {.name = file->name};
	struct vmgs vmgs;
	int r = vmgs_parse(file, &vmgs, err);

	if (r < 0)
		return r;
	list.data = file->data + (size_t)vmgs.files[VMGS_BIOS_NVRAM].block * VMGS_BLOCK_SIZE;
	list.size = (size_t)vmgs.files[VMGS_BIOS_NVRAM].size;
	return variable_list_decode(&list, ret, err);
}
