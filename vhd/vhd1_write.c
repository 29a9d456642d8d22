/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing a VHD in one go.
 *
 *   fixed:    data | footer
 *   dynamic:  copy of the footer | header | BAT | bitmap, block | bitmap, block ... | footer
 *
 * The data of a block begin at a multiple of 4 KiB, as Windows 8 and later have it: a device with
 * sectors of 4 KiB writes them without reading, and file systems that can share them do. The footer
 * in front comes last.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "vhd/copy.h"
#include "vhd/io.h"
#include "vhd/vhd.h"
#include "vhd/vhd1_footer.h"
#include "vhd/vhd1_format.h"

#define BLOCK	      (2 * MIB) /* what Windows makes */
#define BITMAP	      (BLOCK / VHD1_SECTOR / 8)
#define ALIGNMENT     (4 * KIB)
#define HEADER_OFFSET VHD1_FOOTER_SIZE
#define BAT_OFFSET    (HEADER_OFFSET + VHD1_HEADER_SIZE)

/* Seconds from the Unix epoch to that of VHD, 2000-01-01. */
#define EPOCH UINT64_C(946684800)

struct writer {
	const struct vhd1_spec *spec;
	struct copy copy;
	uint64_t blocks;
	uint8_t *bat; /* whole sectors */
	uint64_t bat_size;
	uint64_t end; /* of the file so far */
};

/* "CHS Calculation" of the specification: what a BIOS of its time would have made of the size. */
static uint32_t geometry(uint64_t size)
{
	uint64_t sectors = min_u64(size / VHD1_SECTOR, 65535 * 16 * 255), cylinders;
	uint64_t per_track = 17, heads;

	if (sectors >= 65535 * 16 * 63) {
		per_track = 255;
		heads = 16;
		cylinders = sectors / per_track / heads;
		return (uint32_t)(cylinders << 16 | heads << 8 | per_track);
	}
	cylinders = sectors / per_track;
	heads = max_u64((cylinders + 1023) / 1024, 4);
	if (cylinders >= heads * 1024 || heads > 16) {
		per_track = 31;
		heads = 16;
		cylinders = sectors / per_track;
	}
	if (cylinders >= heads * 1024) {
		per_track = 63;
		heads = 16;
		cylinders = sectors / per_track;
	}
	return (uint32_t)(cylinders / heads << 16 | heads << 8 | per_track);
}

/*
 * "Hard Disk Footer Format". The creator is that of Hyper-V: readers (qemu) believe the size of
 * those that they know, and others only as far as the geometry goes.
 */
static void make_footer(const struct vhd1_spec *spec, uint64_t size,
			uint8_t footer[VHD1_FOOTER_SIZE])
{
	bool is_fixed = spec->type == VHD_TYPE_FIXED;
	uint64_t seconds = spec->time / 1000000000;

	memset(footer, 0, VHD1_FOOTER_SIZE);
	memcpy(footer, VHD1_COOKIE, VHD1_COOKIE_SIZE);
	put_be32(footer + VHD1_FEATURES_AT, 2); /* "Reserved: must always be set to 1" */
	put_be32(footer + VHD1_VERSION_AT, VHD1_VERSION);
	put_be64(footer + VHD1_DATA_OFFSET_AT, is_fixed ? UINT64_MAX : HEADER_OFFSET);
	put_be32(footer + VHD1_TIMESTAMP_AT, (uint32_t)(seconds - min_u64(seconds, EPOCH)));
	memcpy(footer + VHD1_CREATOR_AT, "win ", 4);
	put_be32(footer + VHD1_CREATOR_VERSION_AT, 0x000a0000);
	memcpy(footer + VHD1_CREATOR_HOST_AT, "Wi2k", 4);
	put_be64(footer + VHD1_ORIGINAL_SIZE_AT, size);
	put_be64(footer + VHD1_CURRENT_SIZE_AT, size);
	put_be32(footer + VHD1_GEOMETRY_AT, geometry(size));
	put_be32(footer + VHD1_TYPE_AT, is_fixed ? VHD1_TYPE_FIXED : VHD1_TYPE_DYNAMIC);
	memcpy(footer + VHD1_UNIQUE_ID_AT, spec->unique_id.bytes, sizeof(spec->unique_id.bytes));
	put_be32(footer + VHD1_FOOTER_CHECKSUM_AT,
		 vhd1_checksum(footer, VHD1_FOOTER_SIZE, VHD1_FOOTER_CHECKSUM_AT));
}

static int put(const struct writer *w, const void *bytes, size_t length, uint64_t offset,
	       struct error *err)
{
	int r = io_write(w->copy.fd, bytes, length, offset);

	return r < 0 ? copy_failed(&w->copy, -r, err) : 0;
}

static int write_fixed(struct writer *w, struct error *err)
{
	struct disk *disk = w->copy.disk;
	uint8_t footer[VHD1_FOOTER_SIZE];
	int r = raw_write(w->copy.fd, w->copy.name, disk, w->copy.progress, err);

	make_footer(w->spec, disk->size, footer);
	return r < 0 ? r : put(w, footer, sizeof(footer), disk->size, err);
}

/* Is there anything to store in [offset, end)? Returns 1, 0 or a negative errno. */
static int has_data(struct writer *w, uint64_t offset, uint64_t end, struct error *err)
{
	struct disk_extent extent;
	int r = 1;

	while (offset < end && r == 1) {
		r = disk_extent(w->copy.disk, offset, &extent, err);
		if (r < 0)
			return r;
		extent.length = min_u64(extent.length, end - offset);
		r = copy_extent_is_zero(&w->copy, offset, &extent, err);
		offset += extent.length;
	}
	return r < 0 ? r : r == 0;
}

static int copy_block(struct writer *w, uint64_t offset, uint64_t end, uint64_t to,
		      struct error *err)
{
	struct disk_extent extent;
	int r = 0;

	while (offset < end && r == 0) {
		r = disk_extent(w->copy.disk, offset, &extent, err);
		if (r < 0)
			return r;
		extent.length = min_u64(extent.length, end - offset);
		r = copy_extent(&w->copy, offset, &extent, to, err);
		offset += extent.length;
		to += extent.length;
	}
	return r;
}

/* Behind what stands there: the bitmap, which says that all of the block is stored, and it. */
static int write_block(struct writer *w, uint64_t block, struct error *err)
{
	uint64_t offset = block * BLOCK, end = min_u64(offset + BLOCK, w->copy.disk->size);
	uint64_t data = div_round_up(w->end + BITMAP, ALIGNMENT) * ALIGNMENT;
	uint8_t bitmap[BITMAP];
	int r = has_data(w, offset, end, err);

	if (r <= 0)
		return r;
	memset(bitmap, 0xff, sizeof(bitmap));
	put_be32(w->bat + block * VHD1_BAT_ENTRY_SIZE, (uint32_t)((data - BITMAP) / VHD1_SECTOR));
	w->end = data + BLOCK;
	r = put(w, bitmap, sizeof(bitmap), data - BITMAP, err);
	return r < 0 ? r : copy_block(w, offset, end, data, err);
}

/* How many blocks from 'block' on are empty, by the block map alone. */
static int empty_blocks(struct writer *w, uint64_t block, uint64_t *ret, struct error *err)
{
	uint64_t offset = block * BLOCK;
	struct disk_extent extent;
	int r = disk_extent(w->copy.disk, offset, &extent, err);

	*ret = 0;
	if (r < 0 || (extent.kind != DISK_HOLE && extent.kind != DISK_ZERO))
		return r;
	*ret = offset + extent.length == w->copy.disk->size ? w->blocks - block
							    : extent.length / BLOCK;
	return 0;
}

static int write_blocks(struct writer *w, struct error *err)
{
	uint64_t block = 0, skip, size = w->copy.disk->size;
	int r = 0;

	while (block < w->blocks && r == 0) {
		r = empty_blocks(w, block, &skip, err);
		if (r == 0 && skip == 0)
			r = write_block(w, block++, err);
		if (r == 0)
			block += skip;
		copy_tell(&w->copy, min_u64(block * BLOCK, size));
	}
	return r < 0 ? r : copy_finish(&w->copy, err);
}

/* "Dynamic Disk Header Format" */
static void make_header(const struct writer *w, uint8_t header[VHD1_HEADER_SIZE])
{
	memset(header, 0, VHD1_HEADER_SIZE);
	memcpy(header, VHD1_HEADER_COOKIE, VHD1_COOKIE_SIZE);
	put_be64(header + VHD1_HEADER_DATA_OFFSET_AT, UINT64_MAX);
	put_be64(header + VHD1_BAT_OFFSET_AT, BAT_OFFSET);
	put_be32(header + VHD1_HEADER_VERSION_AT, VHD1_VERSION);
	put_be32(header + VHD1_BAT_ENTRIES_AT, (uint32_t)w->blocks);
	put_be32(header + VHD1_BLOCK_SIZE_AT, (uint32_t)BLOCK);
	put_be32(header + VHD1_HEADER_CHECKSUM_AT,
		 vhd1_checksum(header, VHD1_HEADER_SIZE, VHD1_HEADER_CHECKSUM_AT));
}

static int write_structures(struct writer *w, struct error *err)
{
	uint8_t footer[VHD1_FOOTER_SIZE], header[VHD1_HEADER_SIZE];
	int r;

	make_footer(w->spec, w->copy.disk->size, footer);
	make_header(w, header);
	/* Some readers (libvhdi) want whole blocks, whose last bytes may be a hole. */
	r = put(w, footer, sizeof(footer), w->end, err);
	if (r == 0)
		r = put(w, w->bat, w->bat_size, BAT_OFFSET, err);
	if (r == 0)
		r = put(w, header, sizeof(header), HEADER_OFFSET, err);
	return r < 0 ? r : put(w, footer, sizeof(footer), 0, err);
}

static int write_dynamic(struct writer *w, struct error *err)
{
	CLEANUP_FREE uint8_t *buffer = malloc(COPY_BUFFER), *bat = NULL;
	int r;

	w->blocks = div_round_up(w->copy.disk->size, BLOCK);
	w->bat_size = div_round_up(w->blocks * VHD1_BAT_ENTRY_SIZE, VHD1_SECTOR) * VHD1_SECTOR;
	w->end = BAT_OFFSET + w->bat_size;
	bat = malloc(w->bat_size);
	if (!buffer || !bat)
		return error_failed(err, ENOMEM, "out of memory");
	memset(bat, 0xff, w->bat_size); /* VHD1_NOT_ALLOCATED */
	w->copy.buffer = buffer;
	w->bat = bat;
	r = write_blocks(w, err);
	return r < 0 ? r : write_structures(w, err);
}

int vhd1_write(int fd, const char *name, const struct vhd1_spec *spec, struct disk *contents,
	       const struct vhd_progress *progress, struct error *err)
{
	struct writer w = {.spec = spec,
			   .copy = {.disk = contents,
				    .fd = fd,
				    .name = name,
				    .behind = {.fd = fd},
				    .progress = progress}};

	if (spec->type > VHD_TYPE_DYNAMIC || contents->sector_size != VHD1_SECTOR ||
	    contents->size == 0 || contents->size > VHD_WRITE_VHD_MAX)
		return error_failed(err, EINVAL, "'%s': cannot make a VHD of %" PRIu64 " bytes",
				    name, contents->size);
	return spec->type == VHD_TYPE_FIXED ? write_fixed(&w, err) : write_dynamic(&w, err);
}
