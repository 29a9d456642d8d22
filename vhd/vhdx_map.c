/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The block map of a VHDX (MS-VHDX 2.4, 2.5). */
#include "vhd/vhdx_map.h"

#include "common/bytes.h"
#include "vhd/bits.h"
#include "vhd/vhdx_format.h"

/* The BAT entries from 'index' on, as many as the window holds. */
static int read_bat(struct vhdx *vhdx, uint64_t index, const uint8_t **ret, size_t *ret_count,
		    struct error *err)
{
	int r = window_read(&vhdx->bat_window, &vhdx->image.file, vhdx_entry_offset(vhdx, index),
			    ret, ret_count, err);

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
	uint64_t at = vhdx_entry_offset(vhdx, vhdx_bitmap_index(&vhdx->geometry, chunk));
	size_t available;

	return window_read(&vhdx->bitmap_entry, &vhdx->image.file, at, ret, &available, err);
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
	window_look_onto(&vhdx->bitmap_window, bitmap, bitmap + VHDX_BITMAP_SIZE);
	r = window_read(&vhdx->bitmap_window, &vhdx->image.file, byte, &bytes, &available, err);
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
