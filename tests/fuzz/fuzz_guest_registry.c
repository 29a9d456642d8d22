/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SYSTEM hives: whatever opens is edited without harm, and the result needs no second edit. */
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "convert/guest/windows/system/network.h"
#include "convert/guest/windows/system/registry.h"
#include "fuzz.h"

static const struct moved_partition partitions[] = {{.mbr_offset = 1048576, .gpt_guid = {{1}}},
						    {.mbr_offset = 608174080, .gpt_guid = {{2}}}};

static const struct moved_disk disk = {.mbr_signature = 0xd7da5d02,
				       .partitions = partitions,
				       .partition_count = 2};

static const struct hive_owner owner = {
	.disk = &disk, .root = "\\Windows", .pending = "", .major = 6, .minor = 3};

static void fix_base(uint8_t *base)
{
	uint32_t sum = 0;

	put_le32(base + 8, get_le32(base + 4));
	for (size_t at = 0; at < 508; at += 4)
		sum ^= get_le32(base + at);
	put_le32(base + 508, sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum);
}

static void edit(const uint8_t *bytes, size_t size, uint8_t **ret, size_t *ret_size, int *ret_r)
{
	struct edit_notes notes = EDIT_NOTES_INIT;

	*ret_r = registry_convert(&(struct file_bytes){bytes, size, "SYSTEM"}, &owner, ret,
				  ret_size, &notes, NULL);
	edit_notes_done(&notes);
}

/* What is printed of a hive that opens. */
static void read_adapters(const uint8_t *bytes, size_t size)
{
	CLEANUP_HIVE struct hive *hive = NULL;
	CLEANUP_ADAPTERS struct adapters adapters = {.list = NULL};

	if (hive_open(bytes, size, "SYSTEM", &hive, NULL) == 0)
		(void)network_read(hive, &adapters, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE uint8_t *copy = NULL, *edited = NULL, *again = NULL;
	size_t edited_size, again_size;
	int r;

	if (size < 4096 || size > 1 << 20)
		return 0;
	copy = malloc(size);
	memcpy(copy, data, size);
	fix_base(copy);
	read_adapters(copy, size);
	edit(copy, size, &edited, &edited_size, &r);
	if (r < 0 || !edited)
		return 0;
	edit(edited, edited_size, &again, &again_size, &r);
	if (r < 0 || again)
		abort();
	return 0;
}
