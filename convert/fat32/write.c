/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Laying out and writing a FAT32 file system (fatgen103; numbers in brackets are its field
 * offsets).
 *
 *   reserved sectors   0 boot sector, 1 FSInfo, 6 and 7 their copies; 32 and as many more as align
 *                      the clusters
 *   two FATs
 *   clusters           2 root, then every folder followed by its files and folders, in the order
 *                      of names
 *
 * The layout is depth-first: a folder, its files, then its sub-folders. Clusters are handed out one
 * after the other, so every chain is contiguous and the FAT follows from first cluster and length
 * alone.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/fat32/fat32.h"
#include "convert/fat32/tree.h"

#define MIN_RESERVED_SECTORS 32
#define FATS		     2
#define FSINFO_SECTOR	     1
#define BACKUP_SECTOR	     6
#define FIRST_CLUSTER	     2
#define FAT_SLOT_SIZE	     4
/* Fewer clusters would make it FAT16; more do not fit into 28 bits ("FAT Type Determination"). */
#define MIN_CLUSTERS	 65525
#define MAX_CLUSTERS	 0x0ffffff5
#define MAX_CLUSTER_SIZE (32 * KIB)
#define END_OF_CHAIN	 0x0fffffff
#define MEDIA_FIXED	 0xf8
#define ZERO_CHUNK	 (64 * KIB)

struct geometry {
	uint32_t sector_size;
	uint32_t cluster_size;
	uint64_t sectors;
	uint32_t reserved;
	uint32_t fat_sectors;
	uint64_t clusters;
};

struct writer {
	const struct fat32 *fat;
	struct disk *disk;
	struct error *err;
	struct geometry geometry;
	uint32_t used_clusters;
	uint8_t *table;	  /* the used part of the FAT, rounded up to whole sectors */
	uint8_t *cluster; /* one cluster of scratch space */
};

/*
 * Reserved sectors and FATs for one cluster size. The FAT is sized from the clusters that remain
 * beside it; what the rounding leaves over goes to the reserved sectors, so that cluster 2 is
 * aligned to the cluster size.
 */
static bool geometry_set(struct geometry *geometry, uint32_t cluster_size)
{
	uint64_t per_cluster = cluster_size / geometry->sector_size;
	uint64_t slots = geometry->sector_size / FAT_SLOT_SIZE;
	uint64_t reserved = MIN_RESERVED_SECTORS, data, fat;

	if (geometry->sectors <= reserved)
		return false;
	data = geometry->sectors - reserved;
	fat = div_round_up(data + FIRST_CLUSTER * per_cluster, per_cluster * slots + FATS);
	if (!round_up_u64(reserved + FATS * fat, per_cluster, &reserved) ||
	    reserved >= geometry->sectors)
		return false;
	geometry->cluster_size = cluster_size;
	geometry->fat_sectors = (uint32_t)fat;
	geometry->reserved = (uint32_t)(reserved - FATS * fat);
	geometry->clusters = (geometry->sectors - reserved) / per_cluster;
	return geometry->clusters >= MIN_CLUSTERS && geometry->clusters <= MAX_CLUSTERS;
}

/* What Windows takes for a volume of this size (Microsoft KB 140365). */
static uint32_t preferred_cluster_size(uint64_t size)
{
	if (size < 64 * MIB)
		return 512;
	if (size < 128 * MIB)
		return 1024;
	if (size < 256 * MIB)
		return 2048;
	if (size < 8 * GIB)
		return 4096;
	if (size < 16 * GIB)
		return 8192;
	return size < 32 * GIB ? 16384 : MAX_CLUSTER_SIZE;
}

static bool tree_fits(const struct fat32 *fat, const struct geometry *geometry)
{
	return fat32_used(fat, geometry->cluster_size) / geometry->cluster_size <=
	       geometry->clusters;
}

static int refuse_no_fat32(const struct writer *writer)
{
	const struct disk *disk = writer->disk;

	return error_refused(writer->err, REFUSAL_ESP_TOO_SMALL,
			     "choose a larger one with --esp-size, and another --layout than reuse",
			     "a partition of %" PRIu64 " bytes with %" PRIu32
			     "-byte sectors has not the %d clusters of a FAT32 file system",
			     disk->size, disk->sector_size, MIN_CLUSTERS);
}

static int refuse_tree(const struct writer *writer)
{
	const struct geometry *geometry = &writer->geometry;

	return error_refused(writer->err, REFUSAL_ESP_TOO_SMALL,
			     "choose a larger one with --esp-size, and another --layout than reuse",
			     "the files need %" PRIu64 " bytes, but a FAT32 partition of %" PRIu64
			     " bytes has room for %" PRIu64,
			     fat32_used(writer->fat, geometry->cluster_size), writer->disk->size,
			     geometry->clusters * geometry->cluster_size);
}

/*
 * The preferred cluster size, or a smaller one when that gives too few clusters or wastes too much.
 */
static int choose_geometry(struct writer *writer)
{
	const struct disk *disk = writer->disk;
	uint64_t size = max_u64(preferred_cluster_size(disk->size), disk->sector_size);
	struct geometry geometry = {
		.sector_size = disk->sector_size,
		.sectors = min_u64(disk->size / disk->sector_size, UINT32_MAX),
	};

	for (; size >= disk->sector_size; size /= 2) {
		if (!geometry_set(&geometry, (uint32_t)size))
			continue;
		writer->geometry = geometry;
		if (tree_fits(writer->fat, &geometry))
			return 0;
	}
	return writer->geometry.clusters ? refuse_tree(writer) : refuse_no_fat32(writer);
}

static void place_node(struct writer *writer, struct fat_node *node)
{
	uint64_t size =
		node->is_folder ? max_u64(node->entry_count * FAT_ENTRY_SIZE, 1) : node->size;

	node->clusters = (uint32_t)div_round_up(size, writer->geometry.cluster_size);
	node->first_cluster = node->clusters ? FIRST_CLUSTER + writer->used_clusters : 0;
	writer->used_clusters += node->clusters;
}

/* Give clusters and short names to a folder and all below it. */
static int place_folder(struct writer *writer, struct fat_node *folder)
{
	int r = fat_assign_short_names(folder, writer->err);

	place_node(writer, folder);
	for (size_t i = 0; i < folder->child_count; i++)
		if (!folder->children[i]->is_folder)
			place_node(writer, folder->children[i]);
	for (size_t i = 0; i < folder->child_count && r == 0; i++)
		if (folder->children[i]->is_folder)
			r = place_folder(writer, folder->children[i]);
	return r;
}

static uint64_t cluster_offset(const struct geometry *geometry, uint32_t cluster)
{
	uint64_t start = geometry->reserved + (uint64_t)FATS * geometry->fat_sectors;

	return start * geometry->sector_size +
	       (uint64_t)(cluster - FIRST_CLUSTER) * geometry->cluster_size;
}

static int out_of_memory(const struct writer *writer)
{
	return error_failed(writer->err, ENOMEM, "FAT32: out of memory");
}

static int write_entries(struct writer *writer, const struct fat_node *folder)
{
	size_t size = (size_t)folder->clusters * writer->geometry.cluster_size;
	CLEANUP_FREE uint8_t *entries = calloc(1, size);

	if (!entries)
		return out_of_memory(writer);
	fat_fill_folder(writer->fat, folder, entries);
	return disk_write(writer->disk, entries, size,
			  cluster_offset(&writer->geometry, folder->first_cluster), writer->err);
}

/* Whole clusters straight from the tree, the last one padded with zeros. */
static int write_file(struct writer *writer, const struct fat_node *file)
{
	size_t cluster_size = writer->geometry.cluster_size;
	size_t whole = (size_t)round_down(file->size, cluster_size), rest = file->size - whole;
	uint64_t offset;
	int r;

	if (file->size == 0)
		return 0;
	offset = cluster_offset(&writer->geometry, file->first_cluster);
	r = disk_write(writer->disk, file->data, whole, offset, writer->err);
	if (r < 0 || rest == 0)
		return r;
	memcpy(writer->cluster, file->data + whole, rest);
	memset(writer->cluster + rest, 0, cluster_size - rest);
	return disk_write(writer->disk, writer->cluster, cluster_size, offset + whole, writer->err);
}

static void chain(struct writer *writer, const struct fat_node *node)
{
	uint8_t *slot = writer->table + (size_t)node->first_cluster * FAT_SLOT_SIZE;

	for (uint32_t i = 1; i < node->clusters; i++, slot += FAT_SLOT_SIZE)
		put_le32(slot, node->first_cluster + i);
	if (node->clusters)
		put_le32(slot, END_OF_CHAIN);
}

/* Write a folder and all below it, and enter them into the FAT. */
static int write_folder(struct writer *writer, const struct fat_node *folder)
{
	int r = write_entries(writer, folder);

	chain(writer, folder);
	for (size_t i = 0; i < folder->child_count && r == 0; i++) {
		const struct fat_node *child = folder->children[i];

		if (child->is_folder) {
			r = write_folder(writer, child);
		} else {
			r = write_file(writer, child);
			chain(writer, child);
		}
	}
	return r;
}

static int write_zeros(struct writer *writer, uint64_t offset, uint64_t length)
{
	CLEANUP_FREE uint8_t *zeros = calloc(1, ZERO_CHUNK);
	int r = 0;

	if (!zeros)
		return out_of_memory(writer);
	for (uint64_t done = 0; done < length && r == 0; done += ZERO_CHUNK)
		r = disk_write(writer->disk, zeros, (size_t)min_u64(ZERO_CHUNK, length - done),
			       offset + done, writer->err);
	return r;
}

static uint64_t table_bytes(const struct writer *writer)
{
	uint64_t slots = (uint64_t)FIRST_CLUSTER + writer->used_clusters;
	uint64_t sector = writer->geometry.sector_size;

	return div_round_up(slots * FAT_SLOT_SIZE, sector) * sector;
}

static int write_tables(struct writer *writer)
{
	const struct geometry *geometry = &writer->geometry;
	uint64_t size = (uint64_t)geometry->fat_sectors * geometry->sector_size;
	uint64_t used = table_bytes(writer);
	int r = 0;

	/* Slots 0 and 1: the media byte; "cleanly unmounted, no errors" ("FAT Volume
	 * Initialization"). */
	put_le32(writer->table, (END_OF_CHAIN & ~UINT32_C(0xff)) | MEDIA_FIXED);
	put_le32(writer->table + FAT_SLOT_SIZE, END_OF_CHAIN);
	for (uint32_t i = 0; i < FATS && r == 0; i++) {
		uint64_t offset = (uint64_t)geometry->reserved * geometry->sector_size + i * size;

		r = disk_write(writer->disk, writer->table, (size_t)used, offset, writer->err);
		if (r == 0)
			r = write_zeros(writer, offset + used, size - used);
	}
	return r;
}

/* 'sector' is zero. The OEM name is the one that old systems accept without a look at the rest. */
static void fill_boot_sector(const struct writer *writer, uint8_t *sector)
{
	/* A BIOS that starts it goes on with the next device: INT 18h; then a loop. */
	static const uint8_t jump[] = {0xeb, 0x58, 0x90}, code[] = {0xcd, 0x18, 0xeb, 0xfe};
	const struct geometry *geometry = &writer->geometry;
	const struct fat32_spec *spec = &writer->fat->spec;

	memcpy(sector, jump, sizeof(jump));
	memcpy(sector + 3, "MSDOS5.0", 8);
	put_le16(sector + 11, (uint16_t)geometry->sector_size);
	sector[13] = (uint8_t)(geometry->cluster_size / geometry->sector_size);
	put_le16(sector + 14, (uint16_t)geometry->reserved);
	sector[16] = FATS;
	sector[21] = MEDIA_FIXED;
	put_le16(sector + 24, 63);  /* BPB_SecPerTrk */
	put_le16(sector + 26, 255); /* BPB_NumHeads */
	put_le32(sector + 28, (uint32_t)spec->hidden_sectors);
	put_le32(sector + 32, (uint32_t)geometry->sectors);
	put_le32(sector + 36, geometry->fat_sectors);
	put_le32(sector + 44, FIRST_CLUSTER); /* BPB_RootClus */
	put_le16(sector + 48, FSINFO_SECTOR);
	put_le16(sector + 50, BACKUP_SECTOR);
	sector[64] = 0x80; /* BS_DrvNum */
	sector[66] = 0x29; /* BS_BootSig: the three fields that follow are valid */
	put_le32(sector + 67, spec->volume_id);
	memcpy(sector + 71, "NO NAME    ", FAT_SHORT_NAME);
	if (spec->label[0]) {
		memset(sector + 71, ' ', FAT_SHORT_NAME);
		memcpy(sector + 71, spec->label, strlen(spec->label));
	}
	memcpy(sector + 82, "FAT32   ", 8);
	memcpy(sector + 90, code, sizeof(code));
	put_le16(sector + 510, 0xaa55);
}

static void fill_fsinfo(const struct writer *writer, uint8_t *sector)
{
	uint32_t free_clusters = (uint32_t)writer->geometry.clusters - writer->used_clusters;

	put_le32(sector, 0x41615252);	    /* FSI_LeadSig */
	put_le32(sector + 484, 0x61417272); /* FSI_StrucSig */
	put_le32(sector + 488, free_clusters);
	put_le32(sector + 492, free_clusters ? FIRST_CLUSTER + writer->used_clusters : UINT32_MAX);
	put_le32(sector + 508, 0xaa550000); /* FSI_TrailSig */
}

static int write_reserved(struct writer *writer)
{
	size_t sector = writer->geometry.sector_size;
	size_t size = writer->geometry.reserved * sector;
	CLEANUP_FREE uint8_t *area = calloc(1, size);

	if (!area)
		return out_of_memory(writer);
	fill_boot_sector(writer, area);
	fill_fsinfo(writer, area + FSINFO_SECTOR * sector);
	memcpy(area + BACKUP_SECTOR * sector, area, (FSINFO_SECTOR + 1) * sector);
	return disk_write(writer->disk, area, size, 0, writer->err);
}

static int write_all(struct writer *writer)
{
	int r = place_folder(writer, writer->fat->root);

	if (r < 0)
		return r;
	writer->table = calloc(1, (size_t)table_bytes(writer));
	writer->cluster = malloc(writer->geometry.cluster_size);
	if (!writer->table || !writer->cluster)
		return out_of_memory(writer);
	r = write_folder(writer, writer->fat->root);
	if (r == 0)
		r = write_tables(writer);
	return r < 0 ? r : write_reserved(writer);
}

int fat32_cluster_size(const struct fat32 *fat, struct disk *disk, uint32_t *ret, struct error *err)
{
	struct writer writer = {.fat = fat, .disk = disk, .err = err};
	int r = choose_geometry(&writer);

	*ret = writer.geometry.cluster_size;
	return r;
}

int fat32_write(const struct fat32 *fat, struct disk *disk, struct error *err)
{
	struct writer writer = {.fat = fat, .disk = disk, .err = err};
	int r = choose_geometry(&writer);

	if (r == 0)
		r = write_all(&writer);
	free(writer.table);
	free(writer.cluster);
	return r;
}
