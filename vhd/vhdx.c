/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VHDX: opening one file, and its block map.
 *
 * The structures are read in the order in which each can be trusted: headers, log, region tables,
 * metadata, BAT. The whole BAT is looked at once when the file is opened, so that a damaged image
 * is told at once and not after an hour of copying; what is kept of it is one window.
 */
#include "vhd/vhdx.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "common/bytes.h"
#include "vhd/bits.h"
#include "vhd/vhdx_locator.h"
#include "vhd/vhdx_log.h"

#define BAT_WINDOW    (64 * KIB) /* 8192 entries */
#define BITMAP_WINDOW 4096	 /* 16 MiB of disk with 512-byte sectors */

/* The BAT entries from 'index' on, as many as the window holds. */
static int read_bat(struct vhdx *vhdx, uint64_t index, const uint8_t **ret, size_t *ret_count,
		    struct error *err)
{
	uint64_t start = vhdx->bat.offset;
	int r = window_read(&vhdx->bat_window, &vhdx->image.file, start,
			    start + vhdx->geometry.entries * VHDX_BAT_ENTRY_SIZE,
			    start + index * VHDX_BAT_ENTRY_SIZE, ret, ret_count, err);

	*ret_count /= VHDX_BAT_ENTRY_SIZE;
	return r;
}

static enum image_kind kind_of(const struct vhdx *vhdx, uint64_t entry)
{
	switch (VHDX_BAT_STATE(entry)) {
	case VHDX_NOT_PRESENT:
		return vhdx->metadata.has_parent ? IMAGE_PARENT : IMAGE_HOLE;
	case VHDX_FULLY_PRESENT:
	case VHDX_PARTIALLY_PRESENT:
		return IMAGE_DATA;
	default:
		return IMAGE_ZERO;
	}
}

/*
 * Lengthen the extent of 'block', whose entry is the first of 'entries', over the blocks that
 * continue it. Bounded by the entries at hand, which is enough: an extent may be shorter than
 * possible.
 */
static uint64_t run_length(const struct vhdx *vhdx, uint64_t block, const uint8_t *entries,
			   size_t count, uint64_t wanted)
{
	const struct vhdx_geometry *geometry = &vhdx->geometry;
	uint64_t first = get_le64(entries), index = vhdx_payload_index(geometry, block), n = 1;
	enum image_kind kind = kind_of(vhdx, first);
	uint64_t step = kind == IMAGE_DATA ? vhdx->metadata.block_size : 0;

	while (n < wanted) {
		uint64_t at = vhdx_payload_index(geometry, block + n) - index, entry;

		if (at >= count)
			break;
		entry = get_le64(entries + at * VHDX_BAT_ENTRY_SIZE);
		if (kind_of(vhdx, entry) != kind ||
		    VHDX_BAT_STATE(entry) == VHDX_PARTIALLY_PRESENT ||
		    (step && VHDX_BAT_OFFSET(entry) != VHDX_BAT_OFFSET(first) + n * step))
			break;
		n++;
	}
	return n;
}

/* The BAT entry of the bitmap, through a window of its own: that of the payload entries is not to
 * go to and fro. */
static int read_bitmap_entry(struct vhdx *vhdx, uint64_t chunk, const uint8_t **ret,
			     struct error *err)
{
	uint64_t at =
		vhdx->bat.offset + vhdx_bitmap_index(&vhdx->geometry, chunk) * VHDX_BAT_ENTRY_SIZE;
	size_t available;

	return window_read(&vhdx->bitmap_entry, &vhdx->image.file, at, at + VHDX_BAT_ENTRY_SIZE, at,
			   ret, &available, err);
}

/* An extent of a block of state PARTIALLY_PRESENT: sectors whose bit is set stand here
 * (MS-VHDX 2.4). */
static int lookup_partial(struct vhdx *vhdx, uint64_t offset, uint64_t length, uint64_t entry,
			  struct image_extent *ret, struct error *err)
{
	uint32_t sector_size = vhdx->metadata.logical_sector,
		 block_size = vhdx->metadata.block_size;
	uint64_t sector = offset / sector_size, skip = offset % sector_size, byte, bitmap;
	uint64_t chunk = sector / VHDX_CHUNK_SECTORS;
	uint64_t wanted = div_round_up(skip + length, sector_size), run;
	const uint8_t *bytes;
	size_t available;
	bool here;
	int r;

	r = read_bitmap_entry(vhdx, chunk, &bytes, err);
	if (r < 0)
		return r;
	bitmap = VHDX_BAT_OFFSET(get_le64(bytes));
	sector %= VHDX_CHUNK_SECTORS;
	byte = bitmap + sector / 8;
	r = window_read(&vhdx->bitmap_window, &vhdx->image.file, bitmap, bitmap + VHDX_BITMAP_SIZE,
			byte, &bytes, &available, err);
	if (r < 0)
		return r;
	run = bit_run(bytes, sector % 8, min_u64(wanted, available * 8 - sector % 8), LOWEST_FIRST,
		      &here);
	ret->kind = here ? IMAGE_DATA : IMAGE_PARENT;
	ret->length = min_u64(length, run * sector_size - skip);
	ret->file_offset = VHDX_BAT_OFFSET(entry) + offset % block_size;
	return 0;
}

/* Data of which the log holds a newer version, or which it appends, cannot be had from the file
 * alone. */
static void heed_log(const struct vhdx *vhdx, struct image_extent *extent)
{
	const struct image_file *file = &vhdx->image.file;
	bool covered;

	if (extent->kind != IMAGE_DATA || guid_is_zero(&vhdx->header.log_guid))
		return;
	extent->length = overlay_run(&file->overlay, extent->file_offset, extent->length, &covered);
	if (covered || extent->file_offset >= file->stored_size)
		extent->kind = IMAGE_MEMORY;
	else
		extent->length = min_u64(extent->length, file->stored_size - extent->file_offset);
}

int vhdx_lookup(struct image *image, uint64_t offset, uint64_t length, struct image_extent *ret,
		struct error *err)
{
	struct vhdx *vhdx = (struct vhdx *)image;
	uint32_t block_size = vhdx->metadata.block_size;
	uint64_t block = offset / block_size, skip = offset % block_size, entry, blocks;
	const uint8_t *entries;
	size_t count;
	int r;

	r = read_bat(vhdx, vhdx_payload_index(&vhdx->geometry, block), &entries, &count, err);
	if (r < 0)
		return r;
	entry = get_le64(entries);
	if (VHDX_BAT_STATE(entry) == VHDX_PARTIALLY_PRESENT && vhdx->metadata.has_parent) {
		r = lookup_partial(vhdx, offset, min_u64(length, block_size - skip), entry, ret,
				   err);
		if (r < 0)
			return r;
	} else {
		blocks = run_length(vhdx, block, entries, count,
				    div_round_up(skip + length, block_size));
		ret->kind = kind_of(vhdx, entry);
		ret->length = min_u64(length, blocks * block_size - skip);
		ret->file_offset = VHDX_BAT_OFFSET(entry) + skip;
	}
	heed_log(vhdx, ret);
	return 0;
}

static void vhdx_free(struct image *image)
{
	struct vhdx *vhdx = (struct vhdx *)image;

	window_done(&vhdx->bat_window);
	window_done(&vhdx->bitmap_window);
	window_done(&vhdx->bitmap_entry);
	free(vhdx);
}

static const struct image_ops vhdx_ops = {.lookup = vhdx_lookup, .free = vhdx_free};

/* Is the BAT region large enough for the disk? */
static int check_geometry(const struct vhdx *vhdx, struct error *err)
{
	if (vhdx->geometry.entries * VHDX_BAT_ENTRY_SIZE <= vhdx->bat.length)
		return 0;
	return error_damaged(err,
			     "'%s': the BAT at offset %" PRIu64
			     " has %u bytes, but a disk of %" PRIu64 " bytes needs %" PRIu64
			     " entries of 8",
			     vhdx->image.file.path, vhdx->bat.offset, vhdx->bat.length,
			     vhdx->metadata.disk_size, vhdx->geometry.entries);
}

static void fill_info(struct vhdx *vhdx)
{
	const struct vhdx_metadata *metadata = &vhdx->metadata;

	vhdx->image.info = (struct vhd_info){
		.format = VHD_FORMAT_VHDX,
		.type = metadata->has_parent	    ? VHD_TYPE_DIFFERENCING
			: metadata->leave_allocated ? VHD_TYPE_FIXED
						    : VHD_TYPE_DYNAMIC,
		.virtual_size = metadata->disk_size,
		.file_size = vhdx->image.file.stored_size,
		.block_size = metadata->block_size,
		.logical_sector_size = metadata->logical_sector,
		.physical_sector_size = metadata->physical_sector,
		.disk_id = metadata->disk_id,
		.data_write_guid = vhdx->header.data_write,
		.log_replayed = !guid_is_zero(&vhdx->header.log_guid),
		.chain_length = 1,
	};
}

static int read_structures(struct vhdx *vhdx, struct findings *findings, struct error *err)
{
	struct image_file *file = &vhdx->image.file;
	uint64_t states[VHD_STATES], slack;
	int r = vhdx_read_header(file, findings, &vhdx->header, err);

	if (r == 0 && !guid_is_zero(&vhdx->header.log_guid))
		r = vhdx_replay_log(file, &vhdx->header, err);
	if (r == 0)
		r = vhdx_read_regions(file, &vhdx->header, findings, &vhdx->bat,
				      &vhdx->metadata_region, err);
	if (r == 0)
		r = vhdx_read_metadata(file, &vhdx->metadata_region, findings, &vhdx->metadata,
				       err);
	if (r < 0)
		return r;
	vhdx->geometry = vhdx_geometry(&vhdx->metadata);
	if (vhdx->metadata.has_parent)
		r = vhdx_read_locator(file, &vhdx->metadata, findings, &vhdx->image.parent, err);
	if (r == 0)
		r = check_geometry(vhdx, err);
	if (r == 0 && !findings)
		r = vhdx_scan(vhdx, NULL, states, &slack, err);
	if (r == 0)
		fill_info(vhdx);
	return r;
}

int vhdx_image_open(struct image_file *file, struct findings *findings, struct image **ret,
		    struct error *err)
{
	CLEANUP_IMAGE struct image *image = NULL;
	struct vhdx *vhdx = calloc(1, sizeof(*vhdx));
	int r;

	if (!vhdx)
		return error_failed(err, ENOMEM, "out of memory");
	image = &vhdx->image;
	image->ops = &vhdx_ops;
	image->file = *file;
	*file = (struct image_file){.fd = -1};
	r = window_init(&vhdx->bat_window, BAT_WINDOW, err);
	if (r == 0)
		r = window_init(&vhdx->bitmap_window, BITMAP_WINDOW, err);
	if (r == 0)
		r = window_init(&vhdx->bitmap_entry, VHDX_BAT_ENTRY_SIZE, err);
	if (r == 0)
		r = read_structures(vhdx, findings, err);
	if (r == 0)
		*ret = TAKE(image);
	return r;
}
