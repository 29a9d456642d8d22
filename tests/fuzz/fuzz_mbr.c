/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The MBR and EBR reader. A guest can write anything into these sectors.
 *
 * Input: one byte of flags, two bytes of disk size, then records of 4 + 66 bytes: the number of a
 * sector and its last 66 bytes, that is its four entries and its magic. Sectors without a record
 * are zero. With FLAG_RAW the rest of the input is the beginning of the disk instead.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/table/mbr.h"
#include "tests/fuzz/fuzz.h"

#define FLAG_RAW  1
#define FLAG_4K	  2
#define FLAG_HUGE 4 /* 2^34 sectors more */

#define PREFIX	    3
#define TABLE_SIZE  66
#define RECORD_SIZE (4 + TABLE_SIZE)

struct fuzz_disk {
	struct disk disk;
	const uint8_t *data;
	size_t size;
	bool is_raw;
};

static void overlay(uint8_t *buffer, size_t length, uint64_t offset, const uint8_t *data,
		    size_t size, uint64_t at)
{
	for (size_t i = 0; i < size; i++)
		if (at + i >= offset && at + i - offset < length)
			buffer[at + i - offset] = data[i];
}

static int fuzz_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		     struct error *err)
{
	struct fuzz_disk *fuzz = (struct fuzz_disk *)disk;

	(void)err;
	memset(buffer, 0, length);
	if (fuzz->is_raw) {
		overlay(buffer, length, offset, fuzz->data, fuzz->size, 0);
		return 0;
	}
	for (size_t at = 0; at + RECORD_SIZE <= fuzz->size; at += RECORD_SIZE)
		overlay(buffer, length, offset, fuzz->data + at + 4, TABLE_SIZE,
			(uint64_t)get_le32(fuzz->data + at) * disk->sector_size +
				MBR_ENTRIES_OFFSET);
	return 0;
}

static const struct disk_ops fuzz_ops = {.read = fuzz_read};

/* What the header promises about a table that was accepted. */
static void check(const struct mbr *mbr, uint64_t sectors)
{
	if (mbr->count == 0 || mbr->count > MBR_MAX_PARTITIONS)
		abort();
	for (size_t i = 0; i < mbr->count; i++) {
		const struct mbr_partition *partition = &mbr->partitions[i];

		if (partition->sectors == 0 || partition->start_lba == 0 ||
		    !range_within(partition->start_lba, partition->sectors, sectors) ||
		    partition->logical != (partition->number > MBR_ENTRIES))
			abort();
		if (i > 0 && partition[-1].start_lba + partition[-1].sectors > partition->start_lba)
			abort();
	}
	if (mbr->left_out_count > MBR_MAX_LEFT_OUT || mbr->stale_gpt.count > 2)
		abort();
	for (size_t i = 0; i < mbr->left_out_count; i++)
		if (mbr->left_out[i].problem[0] == '\0')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = ERROR_INIT;
	struct mbr mbr;
	struct fuzz_disk fuzz;
	uint64_t sectors;

	if (size < PREFIX)
		return 0;
	sectors = (uint64_t)get_le16(data + 1) << 4 | (data[0] & FLAG_HUGE ? UINT64_C(1) << 34 : 0);
	fuzz = (struct fuzz_disk){.disk = {.ops = &fuzz_ops,
					   .name = "fuzz",
					   .sector_size = data[0] & FLAG_4K ? 4096 : 512},
				  .data = data + PREFIX,
				  .size = size - PREFIX,
				  .is_raw = data[0] & FLAG_RAW};
	fuzz.disk.size = sectors * fuzz.disk.sector_size;
	if (mbr_read(&fuzz.disk, &mbr, &err) == 0)
		check(&mbr, sectors);
	else if (err.kind != ERROR_DAMAGED && err.kind != ERROR_REFUSED)
		abort();
	return 0;
}
