/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The block map of dynamic and differencing VHDs.
 *
 * A block is a sector bitmap and its data. Bit 7 of byte 0 is the first sector. In a differencing
 * disk a clear bit means the parent; in a dynamic disk, a sector that was never written.
 */
#include "vhd/vhd1_map.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "vhd/bits.h"
#include "vhd/vhd1_format.h"

int vhd1_read_bat(struct vhd1 *vhd, uint64_t block, const uint8_t **ret, size_t *ret_count,
		  struct error *err)
{
	int r = window_read(&vhd->bat_window, &vhd->image.file,
			    vhd->bat_offset + block * VHD1_BAT_ENTRY_SIZE, ret, ret_count, err);

	*ret_count /= VHD1_BAT_ENTRY_SIZE;
	return r;
}

static enum image_kind absent_kind(const struct vhd1 *vhd)
{
	return vhd->image.info.type == VHD_TYPE_DIFFERENCING ? IMAGE_PARENT : IMAGE_HOLE;
}

/* Within the block whose bitmap is at 'bitmap', from byte 'skip' on. */
static int lookup_block(struct vhd1 *vhd, uint64_t bitmap, uint64_t skip, uint64_t length,
			struct image_extent *ret, struct error *err)
{
	uint64_t sector = skip / VHD1_SECTOR, within = skip % VHD1_SECTOR, run;
	uint64_t wanted = div_round_up(within + length, VHD1_SECTOR);
	const uint8_t *bytes;
	size_t available;
	bool here;
	int r;

	window_look_onto(&vhd->bitmap_window, bitmap, bitmap + vhd->bitmap_size);
	r = window_read(&vhd->bitmap_window, &vhd->image.file, bitmap + sector / 8, &bytes,
			&available, err);
	if (r < 0)
		return r;
	run = bit_run(bytes, sector % 8, min_u64(wanted, available * 8 - sector % 8), HIGHEST_FIRST,
		      &here);
	ret->kind = here ? IMAGE_DATA : absent_kind(vhd);
	ret->length = min_u64(length, run * VHD1_SECTOR - within);
	ret->file_offset = bitmap + vhd->bitmap_size + skip;
	return 0;
}

int vhd1_lookup(struct image *image, uint64_t offset, uint64_t length, struct image_extent *ret,
		struct error *err)
{
	struct vhd1 *vhd = (struct vhd1 *)image;
	uint64_t block = offset / vhd->block_size, skip = offset % vhd->block_size, n = 1;
	const uint8_t *entries;
	size_t count;
	int r = vhd1_read_bat(vhd, block, &entries, &count, err);

	if (r < 0)
		return r;
	if (get_be32(entries) != VHD1_NOT_ALLOCATED)
		return lookup_block(vhd, get_be32(entries) * (uint64_t)VHD1_SECTOR, skip,
				    min_u64(length, vhd->block_size - skip), ret, err);
	while (n < count && n * vhd->block_size < skip + length &&
	       get_be32(entries + n * VHD1_BAT_ENTRY_SIZE) == VHD1_NOT_ALLOCATED)
		n++;
	ret->kind = absent_kind(vhd);
	ret->length = min_u64(length, n * vhd->block_size - skip);
	ret->file_offset = 0;
	return 0;
}

/*
 * Overlap of blocks is found with one slot per stride of the file (a stride is what one block
 * takes): two blocks that do not overlap never start in one stride, and a block can only reach into
 * the next. 16 MiB of memory at most.
 */
struct scan {
	struct vhd1 *vhd;
	struct findings *findings;
	struct error *err;
	uint32_t *starts; /* per stride: the sector of the block that starts there, or 0 */
	uint64_t strides;
	uint64_t allocated;
};

static int complain(struct scan *scan, uint64_t block, uint64_t offset, const char *what)
{
	uint64_t entry = scan->vhd->bat_offset + block * VHD1_BAT_ENTRY_SIZE;

	if (!scan->findings->is_check)
		return error_damaged(scan->err,
				     "'%s': BAT entry at %" PRIu64 ": block %" PRIu64
				     " at offset %" PRIu64 " %s",
				     scan->vhd->image.file.path, entry, block, offset, what);
	findings_add(scan->findings, VHD_ERROR, entry,
		     "'%s': BAT entry at %" PRIu64 ": block %" PRIu64 " at offset %" PRIu64 " %s",
		     scan->vhd->image.file.path, entry, block, offset, what);
	return 0;
}

static bool claim_stride(struct scan *scan, uint32_t sector, uint64_t stride_sectors)
{
	uint64_t slot = sector / stride_sectors;
	uint32_t before = slot > 0 ? scan->starts[slot - 1] : 0;
	uint32_t after = slot + 1 < scan->strides ? scan->starts[slot + 1] : 0;

	if (scan->starts[slot] || (before && before + stride_sectors > sector) ||
	    (after && sector + stride_sectors > after))
		return false;
	scan->starts[slot] = sector;
	return true;
}

static bool meets_structures(const struct vhd1 *vhd, uint64_t offset, uint64_t length)
{
	uint64_t bat_end = vhd->bat_offset + vhd->blocks * VHD1_BAT_ENTRY_SIZE;
	uint64_t header_end = vhd->header_offset + VHD1_HEADER_SIZE;

	return offset < VHD1_FOOTER_SIZE ||
	       (offset < bat_end && vhd->bat_offset < offset + length) ||
	       (offset < header_end && vhd->header_offset < offset + length);
}

static int check_entry(struct scan *scan, uint64_t block, uint32_t sector)
{
	const struct vhd1 *vhd = scan->vhd;
	uint64_t offset = sector * (uint64_t)VHD1_SECTOR,
		 stride = vhd->bitmap_size + vhd->block_size;
	uint64_t used =
		min_u64(vhd->block_size, vhd->image.info.virtual_size - block * vhd->block_size);

	scan->allocated++;
	if (!range_within(offset, vhd->bitmap_size + used, vhd->image.file.size))
		return complain(scan, block, offset, "does not lie within the file");
	if (meets_structures(vhd, offset, vhd->bitmap_size + used))
		return complain(scan, block, offset, "overlaps the header or the BAT");
	if (!claim_stride(scan, sector, stride / VHD1_SECTOR))
		return complain(scan, block, offset, "overlaps another block");
	return 0;
}

static int scan_entries(struct scan *scan)
{
	struct vhd1 *vhd = scan->vhd;
	const uint8_t *entries;
	size_t count;
	int r = 0;

	for (uint64_t block = 0; block < vhd->blocks && r == 0; block += count) {
		r = vhd1_read_bat(vhd, block, &entries, &count, scan->err);
		for (size_t i = 0; i < count && r == 0; i++) {
			uint32_t sector = get_be32(entries + i * VHD1_BAT_ENTRY_SIZE);

			if (sector != VHD1_NOT_ALLOCATED)
				r = check_entry(scan, block + i, sector);
		}
	}
	return r;
}

int vhd1_scan(struct vhd1 *vhd, struct findings *findings, uint64_t states[VHD_STATES],
	      uint64_t *ret_slack, struct error *err)
{
	uint64_t stride = vhd->bitmap_size + vhd->block_size;
	uint64_t reachable = min_u64(vhd->image.file.size, VHD1_SIZE_MAX);
	struct scan scan = {.vhd = vhd,
			    .findings = findings,
			    .err = err,
			    .strides = reachable / stride + 1};
	CLEANUP_FREE uint32_t *starts = calloc(scan.strides, sizeof(*starts));
	uint64_t overhead =
		2 * VHD1_FOOTER_SIZE + VHD1_HEADER_SIZE + vhd->blocks * VHD1_BAT_ENTRY_SIZE;
	int r;

	memset(states, 0, VHD_STATES * sizeof(*states));
	if (!starts)
		return error_failed(err, ENOMEM, "out of memory");
	scan.starts = starts;
	r = scan_entries(&scan);
	states[0] = vhd->blocks - scan.allocated;
	states[6] = scan.allocated;
	overhead += scan.allocated * stride;
	*ret_slack = vhd->image.file.size > overhead ? vhd->image.file.size - overhead : 0;
	return r;
}
