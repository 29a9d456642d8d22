/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The blocks of a VHDX being written, and the BAT that names them.
 *
 * The contents are walked once, in pieces that are alike: unchanged (from the parent), zero, or
 * data.
 *
 *   fixed         every block is stored
 *   dynamic       blocks with data are stored
 *   differencing  blocks with something changed are stored, fully or partially present
 *
 * A differencing disk stores zeros as well (as holes of the host file), and has a bitmap block for
 * each chunk: libvhdi, the second reader of results, takes the state ZERO for a block of the
 * parent, and reads garbage where a chunk has no bitmap block.
 *
 * Behind the end of a smaller parent everything is the child's own, and blocks of zeros have the
 * state ZERO: Hyper-V reads zeros where the parent ends, but OpenVMM, dissect and libvhdi fail when
 * they have to ask it for more than it has.
 */
#include "vhd/vhdx_write_blocks.h"

#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "vhd/vhdx_format.h"
#include "vhd/vhdx_put.h"

#define BAT_PAGE 4096

static bool is_empty(const struct disk_extent *extent)
{
	return extent->kind == DISK_HOLE || extent->kind == DISK_ZERO;
}

/* Write the window's runs of pages that are not zero, and empty it. */
static int flush_bat(struct vhdx_writer *w)
{
	uint64_t at = 0, end;
	int r = 0;

	while (at < WRITER_BAT_WINDOW && r == 0) {
		for (end = at; end < WRITER_BAT_WINDOW && !is_zero(w->bat + end, BAT_PAGE);)
			end += BAT_PAGE;
		if (end > at)
			r = vhdx_put(w, w->bat + at, end - at,
				     WRITER_BAT_OFFSET + w->bat_offset + at);
		at = end + BAT_PAGE;
	}
	memset(w->bat, 0, WRITER_BAT_WINDOW);
	return r;
}

/* Set one entry; indexes only ever rise. */
static int set_bat(struct vhdx_writer *w, uint64_t index, uint64_t offset)
{
	uint64_t at = index * VHDX_BAT_ENTRY_SIZE;
	int r = 0;

	if (at - w->bat_offset >= WRITER_BAT_WINDOW) {
		r = flush_bat(w);
		w->bat_offset = round_down(at, WRITER_BAT_WINDOW);
	}
	put_le64(w->bat + (at - w->bat_offset), offset);
	return r;
}

/* Name the bitmap blocks of all chunks below 'chunk'. */
static int set_bitmaps(struct vhdx_writer *w, uint64_t chunk)
{
	int r = 0;

	for (; w->parent && w->next_chunk < chunk && r == 0; w->next_chunk++)
		r = set_bat(w, vhdx_bitmap_index(&w->geometry, w->next_chunk),
			    (w->bitmaps + w->next_chunk * VHDX_BITMAP_SIZE) | VHDX_FULLY_PRESENT);
	return r;
}

/* Compare the extent with what the parent has at 'offset', and cut it where the answer changes.
 * Behind the parent's end nothing is the same. */
static int compare_with_parent(struct vhdx_writer *w, uint64_t offset, struct piece *piece)
{
	struct disk_extent *extent = &piece->extent, other;
	int r;

	if (offset >= w->parent->size)
		return 0;
	r = disk_extent(w->parent, offset, &other, w->err);
	if (r < 0)
		return r;
	extent->length = min_u64(extent->length, other.length);
	piece->is_same = (is_empty(extent) && is_empty(&other)) ||
			 (extent->kind == DISK_DATA && other.kind == DISK_DATA &&
			  extent->fd == other.fd && extent->file_offset == other.file_offset);
	return 0;
}

int vhdx_next_piece(struct vhdx_writer *w, uint64_t offset, uint64_t end, struct piece *ret)
{
	uint32_t sector = w->contents->sector_size;
	int r;

	*ret = (struct piece){.is_same = false};
	r = disk_extent(w->contents, offset, &ret->extent, w->err);
	if (r < 0)
		return r;
	ret->extent.length = min_u64(ret->extent.length, end - offset);
	if (!w->parent)
		return 0;
	r = compare_with_parent(w, offset, ret);
	if (ret->extent.length >= sector) {
		ret->extent.length = round_down(ret->extent.length, sector);
		return r;
	}
	*ret = (struct piece){.extent = {.kind = DISK_MEMORY, .length = sector, .fd = -1}};
	return r;
}

/* What the pieces of a block are. */
struct summary {
	bool has_same;
	bool has_change;
	bool has_data;
};

static int summarise_block(struct vhdx_writer *w, uint64_t offset, uint64_t end,
			   struct summary *ret)
{
	int r = 0;

	/* What may be the parent's is stored even where it is zero. */
	*ret = (struct summary){.has_data = w->parent && offset < w->parent->size};
	while (offset < end && r == 0) {
		struct piece piece;

		r = vhdx_next_piece(w, offset, end, &piece);
		if (r < 0)
			return r;
		ret->has_same |= piece.is_same;
		ret->has_change |= !piece.is_same;
		if (!piece.is_same && !ret->has_data) {
			r = copy_extent_is_zero(&w->copy, offset, &piece.extent, w->err);
			ret->has_data = r == 0;
			r = r < 0 ? r : 0;
		}
		offset += piece.extent.length;
	}
	return r;
}

static void set_bits(uint8_t *bits, uint64_t first, uint64_t count)
{
	for (uint64_t i = first; i < first + count; i++)
		bits[i / 8] |= (uint8_t)(1U << i % 8);
}

/* Copy what is not the parent's to the end of the file, and note it in the bits. */
static int copy_pieces(struct vhdx_writer *w, uint64_t offset, uint64_t end)
{
	uint64_t start = offset;
	uint32_t sector = w->contents->sector_size;
	int r = 0;

	while (offset < end && r == 0) {
		struct piece piece;

		r = vhdx_next_piece(w, offset, end, &piece);
		if (r == 0 && !piece.is_same) {
			if (w->parent)
				set_bits(w->bits, (offset - start) / sector,
					 piece.extent.length / sector);
			r = copy_extent(&w->copy, offset, &piece.extent, w->end + (offset - start),
					w->err);
		}
		offset += piece.extent.length;
	}
	return r;
}

/* The bits of a block, into the bitmap of its chunk. */
static int write_bits(struct vhdx_writer *w, uint64_t block)
{
	uint64_t ratio = w->geometry.chunk_ratio;
	size_t length = VHDX_BITMAP_SIZE / ratio;
	uint64_t at = w->bitmaps + block / ratio * VHDX_BITMAP_SIZE + block % ratio * length;
	int r = vhdx_put(w, w->bits, length, at);

	memset(w->bits, 0, length);
	return r;
}

/* A block that takes no space in the file. */
static int set_zero(struct vhdx_writer *w, uint64_t block)
{
	int r = set_bitmaps(w, block / w->geometry.chunk_ratio);

	return r < 0 ? r : set_bat(w, vhdx_payload_index(&w->geometry, block), VHDX_ZERO);
}

static int write_block(struct vhdx_writer *w, uint64_t block)
{
	uint64_t offset = block * w->spec->block_size;
	uint64_t end = min_u64(offset + w->spec->block_size, w->contents->size);
	enum vhdx_state state = VHDX_FULLY_PRESENT;
	struct summary summary;
	int r = summarise_block(w, offset, end, &summary);

	if (r < 0 || (w->spec->type == VHD_TYPE_DYNAMIC && !summary.has_data) ||
	    !summary.has_change)
		return r;
	if (w->parent && !summary.has_data)
		return set_zero(w, block);
	if (summary.has_same)
		state = VHDX_PARTIALLY_PRESENT;
	if (summary.has_data)
		r = copy_pieces(w, offset, end);
	if (r == 0 && w->parent)
		r = write_bits(w, block);
	if (r == 0)
		r = set_bitmaps(w, block / w->geometry.chunk_ratio);
	if (r == 0)
		r = set_bat(w, vhdx_payload_index(&w->geometry, block), w->end | state);
	w->end += w->spec->block_size;
	return r;
}

/* How many whole blocks from 'block' on need not be stored, according to the block map alone. */
static int skippable_blocks(struct vhdx_writer *w, uint64_t block, uint64_t *ret)
{
	uint64_t offset = block * w->spec->block_size, size = w->contents->size;
	struct piece piece;
	int r = vhdx_next_piece(w, offset, size, &piece);

	*ret = 0;
	if (r < 0 || w->spec->type == VHD_TYPE_FIXED ||
	    !(w->parent ? piece.is_same : piece_is_empty(&piece)))
		return r;
	*ret = offset + piece.extent.length == size ? w->geometry.blocks - block
						    : piece.extent.length / w->spec->block_size;
	return 0;
}

int vhdx_write_blocks(struct vhdx_writer *w)
{
	uint64_t block = 0, skip;
	int r = 0;

	while (block < w->geometry.blocks && r == 0) {
		r = skippable_blocks(w, block, &skip);
		if (r == 0 && skip == 0)
			r = write_block(w, block++);
		if (r == 0)
			block += skip;
		copy_tell(&w->copy, min_u64(block * w->spec->block_size, w->contents->size));
	}
	if (r == 0)
		r = copy_finish(&w->copy, w->err);
	if (r == 0)
		r = set_bitmaps(w, w->geometry.chunks);
	return r < 0 ? r : flush_bat(w);
}
