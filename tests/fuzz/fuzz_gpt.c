/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The GPT reader, and the writer with all that the reader accepts.
 *
 * Input: one byte of flags, two bytes of disk size in sectors, then two headers of 92 bytes and the
 * entries of the array. Signatures and CRCs are put right unless FLAG_RAW is set, in which case the
 * rest of the input is the beginning of the disk: no fuzzer finds a CRC by chance.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/table/gpt.h"
#include "convert/table/gpt_format.h"
#include "convert/table/mbr.h"
#include "tests/fuzz/fuzz.h"

#define FLAG_RAW   1
#define FLAG_4K	   2
#define FLAG_ALIKE 4 /* the backup is made from the primary */
#define FLAG_GUEST 8 /* read as that of a guest, by its primary copy */

#define PREFIX		 3
#define MAX_SECTORS	 2048
#define ARRAY_SIZE_BYTES (GPT_MAX_PARTITIONS * GPT_ENTRY_SIZE)

struct fuzz_disk {
	struct disk disk;
	uint8_t *bytes;
};

static int fuzz_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		     struct error *err)
{
	(void)err;
	memcpy(buffer, ((struct fuzz_disk *)disk)->bytes + offset, length);
	return 0;
}

static int fuzz_write(struct disk *disk, const void *buffer, size_t length, uint64_t offset,
		      struct error *err)
{
	(void)err;
	memcpy(((struct fuzz_disk *)disk)->bytes + offset, buffer, length);
	return 0;
}

static const struct disk_ops fuzz_ops = {.read = fuzz_read, .write = fuzz_write};

/* Take up to 'room' bytes from the input. */
static size_t take(const uint8_t **data, size_t *size, uint8_t *ret, size_t room)
{
	size_t taken = *size < room ? *size : room;

	memcpy(ret, *data, taken);
	*data += taken;
	*size -= taken;
	return taken;
}

/* CRC of the array that the header names, as far as it is on the disk. */
static void finish_header(struct fuzz_disk *fuzz, uint8_t *header)
{
	uint64_t start = get_le64(header + GPT_HEADER_ARRAY_LBA), bytes;

	memcpy(header, GPT_SIGNATURE, strlen(GPT_SIGNATURE));
	put_le32(header + GPT_HEADER_REVISION, GPT_REVISION);
	put_le32(header + GPT_HEADER_HEADER_SIZE, GPT_HEADER_SIZE);
	bytes = (uint64_t)get_le32(header + GPT_HEADER_ENTRIES) *
		get_le32(header + GPT_HEADER_ENTRY_SIZE);
	if (mul_u64(start, fuzz->disk.sector_size, &start) &&
	    range_within(start, bytes, fuzz->disk.size))
		put_le32(header + GPT_HEADER_ARRAY_CRC,
			 (uint32_t)crc32(0, fuzz->bytes + start, (uInt)bytes));
	put_le32(header + GPT_HEADER_CRC, 0);
	put_le32(header + GPT_HEADER_CRC, (uint32_t)crc32(0, header, GPT_HEADER_SIZE));
}

static void put_protective(struct fuzz_disk *fuzz)
{
	uint8_t *entry = fuzz->bytes + MBR_ENTRIES_OFFSET;

	entry[MBR_ENTRY_TYPE] = MBR_TYPE_PROTECTIVE;
	put_le32(entry + MBR_ENTRY_START, GPT_MBR_START);
	put_le32(entry + MBR_ENTRY_SECTORS, GPT_MBR_MAX_COUNT);
	put_le16(fuzz->bytes + MBR_MAGIC_OFFSET, MBR_MAGIC);
}

static void build(struct fuzz_disk *fuzz, const uint8_t *data, size_t size, int alike)
{
	size_t sector = fuzz->disk.sector_size, array = ARRAY_SIZE_BYTES,
	       back = fuzz->disk.size - sector;
	uint8_t *primary = fuzz->bytes + sector, *backup = fuzz->bytes + back;

	put_protective(fuzz);
	take(&data, &size, primary, GPT_HEADER_SIZE);
	take(&data, &size, backup, GPT_HEADER_SIZE);
	take(&data, &size, fuzz->bytes + 2 * sector, array);
	memcpy(backup - array, fuzz->bytes + 2 * sector, array);
	if (alike) {
		memcpy(backup, primary, GPT_HEADER_SIZE);
		put_le64(primary + GPT_HEADER_MY_LBA, 1);
		put_le64(primary + GPT_HEADER_OTHER_LBA, back / sector);
		put_le64(backup + GPT_HEADER_MY_LBA, back / sector);
		put_le64(backup + GPT_HEADER_OTHER_LBA, 1);
		put_le64(backup + GPT_HEADER_ARRAY_LBA, (back - array) / sector);
	}
	finish_header(fuzz, primary);
	finish_header(fuzz, backup);
}

/* What the reader accepts and the checker too must come back the same when it is written. */
static void check(struct fuzz_disk *fuzz, struct gpt *gpt)
{
	struct gpt *back = calloc(1, sizeof(*back));

	for (size_t i = 0; i < gpt->count; i++)
		if (gpt->partitions[i].first_lba > gpt->partitions[i].last_lba ||
		    gpt->partitions[i].last_lba >= gpt->disk_sectors)
			abort();
	if (gpt_check(gpt, NULL) == 0) {
		if (!back || gpt_write(gpt, &fuzz->disk, NULL) < 0 ||
		    gpt_read(&fuzz->disk, back, NULL) < 0)
			abort();
		if (memcmp(gpt, back, sizeof(*gpt)) != 0)
			abort();
	}
	free(back);
}

static int read_table(struct disk *disk, int of_guest, struct gpt *ret)
{
	CLEANUP_NOTES struct note_list findings = {.texts = NULL};
	struct error err = ERROR_INIT;

	return of_guest ? gpt_read_primary(disk, ret, &findings, &err) : gpt_read(disk, ret, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_disk fuzz = {.disk = {.ops = &fuzz_ops, .name = "fuzz"}};
	struct gpt *gpt = calloc(1, sizeof(*gpt));
	uint64_t sectors = size < PREFIX ? 0 : get_le16(data + 1) % MAX_SECTORS + 70;

	if (!gpt || size < PREFIX) {
		free(gpt);
		return 0;
	}
	fuzz.disk.sector_size = data[0] & FLAG_4K ? 4096 : 512;
	fuzz.disk.size = sectors * fuzz.disk.sector_size;
	fuzz.bytes = calloc(1, fuzz.disk.size);
	if (data[0] & FLAG_RAW)
		memcpy(fuzz.bytes, data + PREFIX, min_u64(size - PREFIX, fuzz.disk.size));
	else
		build(&fuzz, data + PREFIX, size - PREFIX, data[0] & FLAG_ALIKE);
	if (read_table(&fuzz.disk, data[0] & FLAG_GUEST, gpt) == 0)
		check(&fuzz, gpt);
	free(fuzz.bytes);
	free(gpt);
	return 0;
}
