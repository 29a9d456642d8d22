/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The GPT checks of 'verify', which read the table with code of their own. The oracle is the reader
 * of table/gpt.h: a table that passes every check here must be one that it reads, with the same
 * partitions.
 *
 * Input: one byte of flags, then the first sectors of a disk of 200; the backup is made from them,
 * unless FLAG_RAW is set.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/table/gpt.h"
#include "convert/verify/checks.h"
#include "tests/fuzz/fuzz.h"

#define FLAG_RAW 1

#define SECTORS	    200
#define SECTOR	    512
#define ARRAY_BYTES (128 * 128)

struct fuzz_disk {
	struct disk disk;
	uint8_t bytes[SECTORS * SECTOR];
};

static int fuzz_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		     struct error *err)
{
	(void)err;
	memcpy(buffer, ((struct fuzz_disk *)disk)->bytes + offset, length);
	return 0;
}

static const struct disk_ops fuzz_ops = {.read = fuzz_read};

static void fix_crcs(uint8_t *header, const uint8_t *array)
{
	put_le32(header + 88, (uint32_t)crc32_z(0, array, ARRAY_BYTES));
	put_le32(header + 16, 0);
	put_le32(header + 16, (uint32_t)crc32_z(0, header, 92));
}

/* A primary table with right CRCs, and a backup that mirrors it. */
static void complete(uint8_t *bytes)
{
	uint8_t *primary = bytes + SECTOR, *backup = bytes + (SECTORS - 1) * SECTOR;
	uint8_t *array = bytes + 2 * SECTOR, *copy = backup - ARRAY_BYTES;

	memcpy(backup, primary, SECTOR);
	memcpy(copy, array, ARRAY_BYTES);
	put_le64(backup + 24, get_le64(primary + 32));
	put_le64(backup + 32, get_le64(primary + 24));
	put_le64(backup + 72, SECTORS - 33);
	fix_crcs(primary, array);
	fix_crcs(backup, copy);
}

static void compare(struct fuzz_disk *fuzz, const struct verify *verify)
{
	struct gpt *gpt = calloc(1, sizeof(*gpt));

	if (!gpt)
		return;
	if (gpt_read(&fuzz->disk, gpt, NULL) < 0 || gpt->count != verify->partition_count)
		abort();
	for (size_t i = 0; i < gpt->count; i++)
		if (gpt->partitions[i].first_lba != verify->partitions[i].first_lba ||
		    gpt->partitions[i].last_lba != verify->partitions[i].last_lba ||
		    !guid_equal(&gpt->partitions[i].unique, &verify->partitions[i].unique))
			abort();
	free(gpt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_disk *fuzz = calloc(1, sizeof(*fuzz));
	struct verify *verify = malloc(sizeof(*verify));

	if (fuzz && verify && size) {
		fuzz->disk = (struct disk){&fuzz_ops, "fuzz", sizeof(fuzz->bytes), SECTOR};
		memcpy(fuzz->bytes, data + 1, min_u64(size - 1, sizeof(fuzz->bytes)));
		if (!(data[0] & FLAG_RAW))
			complete(fuzz->bytes);
		verify_init(verify);
		verify->disk = &fuzz->disk;
		verify_gpt(verify);
		if (verify->counts[VERIFY_FAIL] == 0)
			compare(fuzz, verify);
		verify_done(verify);
	}
	free(verify);
	free(fuzz);
	return 0;
}
