/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The volume and its files: see read.h.
 *
 *   | boot sector, reserved | FAT | FAT copies | root folder (not FAT32) | clusters 2, 3, ... |
 *
 * Which FAT it is: as Windows and Linux see it, FAT32 is what has no 16-bit size of the FAT; the
 * others are told apart by their number of clusters alone. (fatgen103 tells FAT32 by the number as
 * well, but mkfs.fat makes smaller ones.)
 */
#include "convert/fat32/read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "convert/fat32/reader.h"

/* Boot sector (fatgen103, "Boot Sector and BPB Structure"). */
#define BPB_BYTES_PER_SECTOR	0x0b
#define BPB_SECTORS_PER_CLUSTER 0x0d
#define BPB_RESERVED_SECTORS	0x0e
#define BPB_FAT_COUNT		0x10
#define BPB_ROOT_ENTRIES	0x11
#define BPB_TOTAL_SECTORS_16	0x13
#define BPB_FAT_SECTORS_16	0x16
#define BPB_TOTAL_SECTORS_32	0x20
#define BPB32_FAT_SECTORS	0x24
#define BPB32_EXT_FLAGS		0x28 /* bit 7: only the FAT in bits 0 to 3 is in use */
#define BPB32_VERSION		0x2a
#define BPB32_ROOT_CLUSTER	0x2c
#define BOOT_SIGNATURE		0x1fe
#define BOOT_SIZE		512

#define MAX_CLUSTER_SIZE  (256 * KIB) /* what Windows reads; with sectors of 512 bytes 64 KiB */
#define FAT12_MAX_CLUSTER 4084
#define FAT16_MAX_CLUSTER 65524
#define FAT32_MAX_CLUSTER 0x0ffffff5

static int bad_boot_sector(struct error *err, const char *what, uint64_t found)
{
	return error_damaged(err, "the boot sector of the FAT volume is damaged: %s is %" PRIu64,
			     what, found);
}

/* The fields of the boot sector, in sectors where nothing else is said. */
struct bpb {
	uint32_t sector_size; /* bytes */
	uint32_t cluster;
	uint32_t reserved;
	uint32_t fat_count;
	uint32_t fat_sectors;
	uint32_t root_entries;
	uint32_t root_sectors;
	uint32_t total;
	bool is_32;
};

static int read_bpb(const uint8_t *boot, struct bpb *ret, struct error *err)
{
	struct bpb bpb = {
		.sector_size = get_le16(boot + BPB_BYTES_PER_SECTOR),
		.cluster = boot[BPB_SECTORS_PER_CLUSTER],
		.reserved = get_le16(boot + BPB_RESERVED_SECTORS),
		.fat_count = boot[BPB_FAT_COUNT],
		.fat_sectors = get_le16(boot + BPB_FAT_SECTORS_16),
		.root_entries = get_le16(boot + BPB_ROOT_ENTRIES),
		.total = get_le16(boot + BPB_TOTAL_SECTORS_16),
	};

	bpb.is_32 = bpb.fat_sectors == 0;
	if (bpb.is_32)
		bpb.fat_sectors = get_le32(boot + BPB32_FAT_SECTORS);
	if (bpb.total == 0)
		bpb.total = get_le32(boot + BPB_TOTAL_SECTORS_32);
	if (get_le16(boot + BOOT_SIGNATURE) != 0xaa55)
		return bad_boot_sector(err, "its signature", get_le16(boot + BOOT_SIGNATURE));
	if (!is_power_of_two(bpb.sector_size) || bpb.sector_size < 512 || bpb.sector_size > 4096)
		return bad_boot_sector(err, "the size of a sector", bpb.sector_size);
	if (!is_power_of_two(bpb.cluster) || bpb.cluster * bpb.sector_size > MAX_CLUSTER_SIZE)
		return bad_boot_sector(err, "the number of sectors in a cluster", bpb.cluster);
	if (bpb.reserved == 0)
		return bad_boot_sector(err, "the number of reserved sectors", 0);
	if (bpb.fat_count == 0 || bpb.fat_count > 4)
		return bad_boot_sector(err, "the number of FATs", bpb.fat_count);
	if (bpb.fat_sectors == 0)
		return bad_boot_sector(err, "the size of a FAT", 0);
	if ((bpb.root_entries == 0) != bpb.is_32)
		return bad_boot_sector(err, "the size of the root folder", bpb.root_entries);
	if (bpb.is_32 && get_le16(boot + BPB32_VERSION) != 0)
		return bad_boot_sector(err, "the version", get_le16(boot + BPB32_VERSION));
	bpb.root_sectors = (uint32_t)div_round_up(bpb.root_entries * UINT64_C(32), bpb.sector_size);
	*ret = bpb;
	return 0;
}

/* Entries of the FAT that stand for a cluster. */
static uint64_t fat_capacity(const struct fat_volume *volume)
{
	uint64_t entries = volume->fat_length * 8 / volume->bits;

	return entries > 2 ? entries - 2 : 0;
}

static unsigned int bits_of(const struct bpb *bpb, uint64_t clusters)
{
	if (bpb->is_32)
		return 32;
	return clusters <= FAT12_MAX_CLUSTER ? 12 : 16;
}

/* All products are below 2^45. */
static int lay_out(const struct bpb *bpb, struct fat_volume *volume, struct error *err)
{
	uint64_t fats = (uint64_t)bpb->fat_count * bpb->fat_sectors;
	uint64_t data = bpb->reserved + fats + bpb->root_sectors, clusters;

	if ((uint64_t)bpb->total * bpb->sector_size > volume->disk->size)
		return error_damaged(err,
				     "the FAT file system has %" PRIu64
				     " bytes, more than the %" PRIu64 " of its partition",
				     (uint64_t)bpb->total * bpb->sector_size, volume->disk->size);
	if (data >= bpb->total)
		return bad_boot_sector(err, "the number of sectors", bpb->total);
	clusters = (bpb->total - data) / bpb->cluster;
	if (clusters == 0 || clusters > (bpb->is_32 ? FAT32_MAX_CLUSTER : FAT16_MAX_CLUSTER))
		return bad_boot_sector(err, "the number of clusters", clusters);
	volume->bits = bits_of(bpb, clusters);
	volume->cluster_size = bpb->cluster * bpb->sector_size;
	volume->fat_offset = (uint64_t)bpb->reserved * bpb->sector_size;
	volume->fat_length = (uint64_t)bpb->fat_sectors * bpb->sector_size;
	volume->root_offset = (bpb->reserved + fats) * bpb->sector_size;
	volume->root_entries = bpb->root_entries;
	volume->data_offset = data * bpb->sector_size;
	/* As Linux does it: what no entry stands for cannot be in use. */
	volume->cluster_count = (uint32_t)min_u64(clusters, fat_capacity(volume));
	return 0;
}

static int choose_fat(const uint8_t *boot, const struct bpb *bpb, struct fat_volume *volume,
		      struct error *err)
{
	unsigned int flags = get_le16(boot + BPB32_EXT_FLAGS), active = flags & 0x0f;

	volume->root_cluster = get_le32(boot + BPB32_ROOT_CLUSTER) & 0x0fffffff;
	if (!(flags & 0x80))
		return 0;
	if (active >= bpb->fat_count)
		return bad_boot_sector(err, "the number of the FAT in use", active);
	volume->fat_offset += active * volume->fat_length;
	return 0;
}

static int open_volume(struct fat_volume *volume, struct error *err)
{
	uint8_t boot[BOOT_SIZE];
	struct bpb bpb = {.is_32 = false};
	int r = disk_read(volume->disk, boot, sizeof(boot), 0, err);

	if (r == 0)
		r = read_bpb(boot, &bpb, err);
	if (r == 0)
		r = lay_out(&bpb, volume, err);
	if (r == 0 && bpb.is_32)
		r = choose_fat(boot, &bpb, volume, err);
	return r < 0 ? r : fat_read_label(volume, err);
}

int fat_volume_open(struct disk *disk, struct fat_volume **ret, struct error *err)
{
	CLEANUP_FAT_VOLUME struct fat_volume *volume = calloc(1, sizeof(*volume));
	int r;

	if (!volume)
		return error_failed(err, ENOMEM, "out of memory");
	volume->disk = disk;
	volume->cached = UINT64_MAX;
	r = open_volume(volume, err);
	if (r < 0)
		return r;
	*ret = TAKE(volume);
	return 0;
}

void fat_volume_cleanup(struct fat_volume **volume)
{
	free(*volume);
	*volume = NULL;
}

unsigned int fat_volume_bits(const struct fat_volume *volume)
{
	return volume->bits;
}

const char *fat_volume_label(const struct fat_volume *volume)
{
	return volume->label;
}

int fat_volume_read_file(struct fat_volume *volume, const char *path, size_t max_size,
			 uint8_t **ret_data, size_t *ret_size, struct error *err)
{
	struct fat_chain chain = {.volume = volume, .path = path};
	CLEANUP_FREE uint8_t *data = NULL;
	struct fat_file file;
	int r = fat_volume_find(volume, path, &file, err);

	if (r < 0)
		return r;
	if (file.is_folder)
		return fat_damaged(path, err, "it is a folder, not a file");
	if (file.size > max_size)
		return fat_damaged(path, err,
				   "it has %" PRIu32 " bytes, more than the %zu that are credible",
				   file.size, max_size);
	data = malloc(file.size ? file.size : 1);
	if (!data)
		return error_failed(err, ENOMEM, "out of memory");
	chain.first = file.first_cluster;
	r = file.size ? fat_chain_read(&chain, data, file.size, err) : 0;
	if (r < 0)
		return r;
	*ret_data = TAKE(data);
	*ret_size = file.size;
	return 0;
}
