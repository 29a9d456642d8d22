/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Raw images: see raw.h.
 *
 * The file does not tell its sector size. A disk with sectors of 4096 bytes is known by what stands
 * where its tables point to when they count in such sectors, and not where they would point to in
 * sectors of 512: the GPT, or the boot sector of a file system that has such sectors itself.
 */
#include "vhd/raw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"

#define SECTOR	     512
#define LARGE_SECTOR 4096

/* The MBR (UEFI 5.2.1), the GPT header (5.3.2), and the boot sectors of NTFS and FAT. */
#define MBR_ENTRIES_AT 446
#define MBR_ENTRY_SIZE 16
#define MBR_TYPE_AT    4
#define MBR_START_AT   8
#define GPT_SIGNATURE  "EFI PART"
#define BPB_SECTOR_AT  11
#define BOOT_MAGIC_AT  510
#define BOOT_MAGIC     0xaa55

static int raw_lookup(struct image *image, uint64_t offset, uint64_t length,
		      struct image_extent *ret, struct error *err)
{
	(void)image;
	(void)err;
	*ret = (struct image_extent){.kind = IMAGE_DATA, .length = length, .file_offset = offset};
	return 0;
}

static void raw_free(struct image *image)
{
	free(image);
}

static const struct image_ops raw_ops = {.lookup = raw_lookup, .free = raw_free};

/* Reads a sector; 'ret' is all zero behind the end of the file. */
static int read_sector(const struct image_file *file, uint64_t offset, uint8_t ret[SECTOR],
		       struct error *err)
{
	memset(ret, 0, SECTOR);
	return range_within(offset, SECTOR, file->size)
		       ? image_file_read(file, ret, SECTOR, offset, err)
		       : 0;
}

/* The sector size that the boot sector of a file system names; 0 when there is none at 'offset'. */
static int boot_sector_size(const struct image_file *file, uint64_t offset, uint32_t *ret,
			    struct error *err)
{
	uint8_t sector[SECTOR];
	int r = read_sector(file, offset, sector, err);
	bool is_boot = (sector[0] == 0xeb || sector[0] == 0xe9) &&
		       get_le16(sector + BOOT_MAGIC_AT) == BOOT_MAGIC;

	*ret = r == 0 && is_boot ? get_le16(sector + BPB_SECTOR_AT) : 0;
	return r;
}

/* Do the partitions begin where they would if the MBR counted in large sectors? */
static int mbr_counts_large(const struct image_file *file, const uint8_t *mbr, bool *ret,
			    struct error *err)
{
	int r = 0;

	*ret = false;
	for (unsigned int i = 0; i < 4 && r == 0; i++) {
		const uint8_t *entry = mbr + MBR_ENTRIES_AT + i * MBR_ENTRY_SIZE;
		uint64_t start = get_le32(entry + MBR_START_AT);
		uint32_t small = 0, large = 0;

		if (entry[MBR_TYPE_AT] == 0 || start == 0)
			continue;
		r = boot_sector_size(file, start * SECTOR, &small, err);
		if (r == 0)
			r = boot_sector_size(file, start * LARGE_SECTOR, &large, err);
		if (small) {
			*ret = false;
			break;
		}
		*ret |= large == LARGE_SECTOR;
	}
	return r;
}

static int gpt_counts_large(const struct image_file *file, bool *ret, struct error *err)
{
	uint8_t small[SECTOR], large[SECTOR];
	int r = read_sector(file, SECTOR, small, err);

	if (r == 0)
		r = read_sector(file, LARGE_SECTOR, large, err);
	*ret = r == 0 && memcmp(large, GPT_SIGNATURE, 8) == 0 &&
	       memcmp(small, GPT_SIGNATURE, 8) != 0;
	return r;
}

static int find_sector_size(const struct image_file *file, uint32_t *ret, struct error *err)
{
	uint8_t mbr[SECTOR];
	bool is_large = false, is_gpt = false;
	int r = read_sector(file, 0, mbr, err);

	if (r == 0)
		r = mbr_counts_large(file, mbr, &is_large, err);
	if (r == 0 && mbr[MBR_ENTRIES_AT + MBR_TYPE_AT] == 0xee)
		r = gpt_counts_large(file, &is_gpt, err);
	*ret = is_large || is_gpt ? LARGE_SECTOR : SECTOR;
	return r;
}

int raw_image_open(struct image_file *file, struct image **ret, struct error *err)
{
	struct image *image;
	uint32_t sector = SECTOR;
	int r = file->size % LARGE_SECTOR ? 0 : find_sector_size(file, &sector, err);

	if (r < 0)
		return r;
	image = calloc(1, sizeof(*image));
	if (!image)
		return error_failed(err, ENOMEM, "out of memory");
	image->ops = &raw_ops;
	image->info = (struct vhd_info){
		.format = VHD_FORMAT_RAW,
		.type = VHD_TYPE_FIXED,
		.virtual_size = file->size,
		.file_size = file->size,
		.logical_sector_size = sector,
		.physical_sector_size = sector,
		.chain_length = 1,
	};
	image->file = *file;
	*file = (struct image_file){.fd = -1};
	*ret = image;
	return 0;
}
