/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole stores: whatever opens can be listed, checked and converted without harm, and what was
 * converted checks clean. */
#include <stdlib.h>
#include <string.h>

#include "bcd/bcd.h"
#include "common/bytes.h"
#include "fuzz.h"

static const struct moved_partition partitions[] = {{.mbr_offset = 1048576, .gpt_guid = {{1}}},
						    {.mbr_offset = 608174080, .gpt_guid = {{2}}}};

static const struct bcd_target target = {.disk.mbr_signature = 0xd7da5d02,
					 .disk.gpt_disk = {{3}},
					 .esp = {{4}},
					 .disk.partitions = partitions,
					 .disk.partition_count = 2,
					 .system_offset = 1048576,
					 .windows_offset = 608174080};

static void fix_base(uint8_t *base)
{
	uint32_t sum = 0;

	put_le32(base + 8, get_le32(base + 4));
	for (size_t at = 0; at < 508; at += 4)
		sum ^= get_le32(base + at);
	put_le32(base + 508, sum == 0 ? 1 : sum == UINT32_MAX ? UINT32_MAX - 1 : sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_BCD_NOTES struct bcd_notes findings = BCD_NOTES_INIT, notes = BCD_NOTES_INIT;
	CLEANUP_FREE uint8_t *copy = NULL, *converted = NULL;
	CLEANUP_FREE char *text = NULL;
	size_t converted_size;

	if (size < 4096 || size > 1 << 20)
		return 0;
	copy = malloc(size);
	memcpy(copy, data, size);
	fix_base(copy);
	(void)bcd_list(&(struct file_bytes){copy, size, "store"}, &text, NULL);
	(void)bcd_check(&(struct file_bytes){copy, size, "store"}, &findings, NULL);
	(void)bcd_convert(&(struct file_bytes){copy, size, "store"}, &target, &converted,
			  &converted_size, &notes, NULL);
	return 0;
}
