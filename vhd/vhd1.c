/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VHD: opening one file. The size is the footer's current size and never the product of its
 * geometry, which is rounded.
 */
#include "vhd/vhd1.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/utf16.h"
#include "vhd/vhd1_bitmap.h"
#include "vhd/vhd1_format.h"
#include "vhd/vhd1_map.h"

#define BAT_WINDOW    (16 * KIB)
#define BITMAP_WINDOW 512 /* the whole bitmap of a block of 2 MiB */

static int read_fixed(const struct vhd1 *vhd, const struct vhd1_footer *footer,
		      struct findings *findings, struct error *err)
{
	const struct image_file *file = &vhd->image.file;
	uint64_t size = vhd->image.info.virtual_size, data = footer->at;

	if (size > data)
		return error_damaged(err,
				     "'%s': a fixed disk of %" PRIu64
				     " bytes is expected in front of the footer, found %" PRIu64,
				     file->path, size, data);
	if (size < data)
		findings_add(findings, VHD_WARNING, size,
			     "'%s': the disk ends at %" PRIu64 ", %" PRIu64
			     " bytes in front of the footer at %" PRIu64
			     "; those are no part of it",
			     file->path, size, data - size, data);
	if (footer->behind)
		findings_add(findings, VHD_ERROR, data,
			     "'%s': the footer at %" PRIu64 " is followed by %" PRIu64
			     " bytes of zeros, expected at the end of the file; they are no part "
			     "of the disk and are left out",
			     file->path, data, footer->behind);
	return 0;
}

/* Bytes of UTF-16BE turned into UTF-8; NULL when out of memory. */
static char *name_from_be(const uint8_t *bytes, size_t size)
{
	CLEANUP_FREE uint8_t *swapped = malloc(size);

	for (size_t i = 0; swapped && i + 1 < size; i += 2)
		put_le16(swapped + i, get_be16(bytes + i));
	return swapped ? utf16le_to_utf8(swapped, size) : NULL;
}

static int read_locator(struct vhd1 *vhd, const uint8_t *entry, char **to, struct error *err)
{
	uint32_t length = get_be32(entry + VHD1_LOCATOR_LENGTH_AT);
	CLEANUP_FREE uint8_t *bytes = NULL;
	int r;

	if (*to || length == 0)
		return 0;
	if (length > VHD1_LOCATOR_MAX)
		return error_damaged(err,
				     "'%s': a parent locator of %u bytes, expected up to 65536",
				     vhd->image.file.path, length);
	bytes = malloc(length);
	if (!bytes)
		return error_failed(err, ENOMEM, "out of memory");
	r = image_file_read(&vhd->image.file, bytes, length,
			    get_be64(entry + VHD1_LOCATOR_OFFSET_AT), err);
	if (r < 0)
		return r;
	*to = utf16le_to_utf8(bytes, length);
	return *to ? 0 : error_failed(err, ENOMEM, "out of memory");
}

static int read_parent(struct vhd1 *vhd, const uint8_t *header, struct error *err)
{
	struct parent_reference *parent = &vhd->image.parent;
	int r = 0;

	memcpy(parent->linkage[0].bytes, header + VHD1_PARENT_ID_AT,
	       sizeof(parent->linkage[0].bytes));
	parent->linkage_count = 1;
	vhd->parent_time = get_be32(header + VHD1_PARENT_TIME_AT);
	for (unsigned int i = 0; i < VHD1_LOCATOR_COUNT && r == 0; i++) {
		const uint8_t *entry = header + VHD1_LOCATORS_AT + i * VHD1_LOCATOR_SIZE;

		if (memcmp(entry, VHD1_LOCATOR_ABSOLUTE, 4) == 0)
			r = read_locator(vhd, entry, &parent->absolute, err);
		else if (memcmp(entry, VHD1_LOCATOR_RELATIVE, 4) == 0)
			r = read_locator(vhd, entry, &parent->relative, err);
	}
	if (r == 0 && !parent->absolute)
		parent->absolute =
			name_from_be(header + VHD1_PARENT_NAME_AT, VHD1_PARENT_NAME_SIZE);
	return r;
}

static int check_dynamic(const struct vhd1 *vhd, uint32_t entries, struct error *err)
{
	const struct image_file *file = &vhd->image.file;

	if (vhd->block_size < VHD1_BLOCK_SIZE_MIN || vhd->block_size > VHD1_BLOCK_SIZE_MAX ||
	    !is_power_of_two(vhd->block_size))
		return error_damaged(
			err,
			"'%s': header at %" PRIu64
			": block size %u, expected a power of two from 512 KiB to 256 MiB",
			file->path, vhd->header_offset, vhd->block_size);
	if (vhd->image.info.virtual_size > VHD1_SIZE_MAX)
		return error_damaged(err, "'%s': virtual size %" PRIu64 ", expected up to 2 TiB",
				     file->path, vhd->image.info.virtual_size);
	if (entries < vhd->blocks ||
	    !range_within(vhd->bat_offset, vhd->blocks * VHD1_BAT_ENTRY_SIZE, file->size))
		return error_damaged(err,
				     "'%s': header at %" PRIu64 ": BAT at %" PRIu64
				     " with %u entries, expected "
				     "%" PRIu64 " within the file of %" PRIu64 " bytes",
				     file->path, vhd->header_offset, vhd->bat_offset, entries,
				     vhd->blocks, file->size);
	return 0;
}

static int read_dynamic(struct vhd1 *vhd, struct error *err)
{
	const struct image_file *file = &vhd->image.file;
	uint8_t header[VHD1_HEADER_SIZE];
	int r = image_file_read(file, header, sizeof(header), vhd->header_offset, err);

	if (r < 0)
		return r;
	if (memcmp(header, VHD1_HEADER_COOKIE, 8) != 0 ||
	    get_be32(header + VHD1_HEADER_CHECKSUM_AT) !=
		    vhd1_checksum(header, sizeof(header), VHD1_HEADER_CHECKSUM_AT))
		return error_damaged(err,
				     "'%s': no valid header at offset %" PRIu64
				     ": the signature or the checksum is wrong",
				     file->path, vhd->header_offset);
	vhd->bat_offset = get_be64(header + VHD1_BAT_OFFSET_AT);
	vhd->block_size = get_be32(header + VHD1_BLOCK_SIZE_AT);
	vhd->bitmap_size =
		(uint32_t)(div_round_up(vhd->block_size / VHD1_SECTOR, 8ULL * VHD1_SECTOR) *
			   VHD1_SECTOR);
	if (vhd->block_size)
		vhd->blocks = div_round_up(vhd->image.info.virtual_size, vhd->block_size);
	vhd->image.info.block_size = vhd->block_size;
	r = check_dynamic(vhd, get_be32(header + VHD1_BAT_ENTRIES_AT), err);
	if (r < 0)
		return r;
	window_look_onto(&vhd->bat_window, vhd->bat_offset,
			 vhd->bat_offset + vhd->blocks * VHD1_BAT_ENTRY_SIZE);
	return vhd->image.info.type == VHD_TYPE_DIFFERENCING ? read_parent(vhd, header, err) : 0;
}

static int parse_footer(struct vhd1 *vhd, const uint8_t *footer, uint64_t at, struct error *err)
{
	const struct image_file *file = &vhd->image.file;
	uint32_t type = get_be32(footer + VHD1_TYPE_AT);
	struct vhd_info *info = &vhd->image.info;

	*info = (struct vhd_info){
		.format = VHD_FORMAT_VHD,
		.virtual_size = get_be64(footer + VHD1_CURRENT_SIZE_AT),
		.file_size = file->size,
		.logical_sector_size = VHD1_SECTOR,
		.physical_sector_size = VHD1_SECTOR,
		.chain_length = 1,
	};
	memcpy(info->disk_id.bytes, footer + VHD1_UNIQUE_ID_AT, sizeof(info->disk_id.bytes));
	vhd->timestamp = get_be32(footer + VHD1_TIMESTAMP_AT);
	vhd->header_offset = get_be64(footer + VHD1_DATA_OFFSET_AT);
	if (type < VHD1_TYPE_FIXED || type > VHD1_TYPE_DIFFERENCING)
		return error_damaged(err,
				     "'%s': footer at %" PRIu64
				     ": disk type %u, expected 2, 3 or 4",
				     file->path, at, type);
	info->type = type == VHD1_TYPE_FIXED	 ? VHD_TYPE_FIXED
		     : type == VHD1_TYPE_DYNAMIC ? VHD_TYPE_DYNAMIC
						 : VHD_TYPE_DIFFERENCING;
	if (get_be32(footer + VHD1_VERSION_AT) >> 16 != VHD1_VERSION >> 16)
		return error_damaged(err,
				     "'%s': footer at %" PRIu64 ": version 0x%x, expected 0x%x",
				     file->path, at, get_be32(footer + VHD1_VERSION_AT),
				     VHD1_VERSION);
	if (info->virtual_size == 0 || info->virtual_size % VHD1_SECTOR)
		return error_damaged(err,
				     "'%s': footer at %" PRIu64 ": disk of %" PRIu64
				     " bytes, expected whole sectors",
				     file->path, at, info->virtual_size);
	return 0;
}

static int read_structures(struct vhd1 *vhd, const struct vhd1_footer *footer,
			   struct findings *findings, struct error *err)
{
	uint64_t states[VHD_STATES], slack;
	int r = parse_footer(vhd, footer->bytes, footer->at, err);

	if (r < 0)
		return r;
	vhd->image.info.is_saved = footer->bytes[VHD1_SAVED_STATE_AT];
	if (vhd->image.info.is_saved)
		findings_add(findings, VHD_WARNING, footer->at,
			     "'%s': the footer at %" PRIu64
			     " says that the machine was saved, not shut down",
			     vhd->image.file.path, footer->at);
	if (vhd->image.info.type == VHD_TYPE_FIXED)
		return read_fixed(vhd, footer, findings, err);
	r = read_dynamic(vhd, err);
	if (r == 0 && !findings->is_check)
		r = vhd1_scan(vhd, findings, states, &slack, err);
	if (r == 0 && !findings->is_check)
		r = vhd1_note_clear_bits(vhd, states[6], findings, err);
	return r;
}

/* Find the footer, unless it is known, and read on from there. */
static int read_image(struct vhd1 *vhd, const struct vhd1_footer *footer, struct findings *findings,
		      struct error *err)
{
	struct vhd1_footer found;
	int r = 0;

	if (!footer)
		r = vhd1_find_footer(&vhd->image.file, findings, &found, err);
	return r < 0 ? r : read_structures(vhd, footer ? footer : &found, findings, err);
}

static int fixed_lookup(struct image *image, uint64_t offset, uint64_t length,
			struct image_extent *ret, struct error *err)
{
	(void)image;
	(void)err;
	*ret = (struct image_extent){.kind = IMAGE_DATA, .length = length, .file_offset = offset};
	return 0;
}

static void vhd1_free(struct image *image)
{
	struct vhd1 *vhd = (struct vhd1 *)image;

	window_done(&vhd->bat_window);
	window_done(&vhd->bitmap_window);
	free(vhd);
}

int vhd1_image_open(struct image_file *file, const struct vhd1_footer *footer,
		    struct findings *findings, struct image **ret, struct error *err)
{
	static const struct image_ops fixed_ops = {.lookup = fixed_lookup, .free = vhd1_free};
	static const struct image_ops dynamic_ops = {.lookup = vhd1_lookup, .free = vhd1_free};
	CLEANUP_IMAGE struct image *image = NULL;
	struct vhd1 *vhd = calloc(1, sizeof(*vhd));
	int r;

	if (!vhd)
		return error_failed(err, ENOMEM, "out of memory");
	image = &vhd->image;
	image->ops = &dynamic_ops;
	image->file = *file;
	*file = (struct image_file){.fd = -1};
	r = window_init(&vhd->bat_window, BAT_WINDOW, err);
	if (r == 0)
		r = window_init(&vhd->bitmap_window, BITMAP_WINDOW, err);
	if (r == 0)
		r = read_image(vhd, footer, findings ? findings : &image->findings, err);
	if (r < 0)
		return r;
	if (image->info.type == VHD_TYPE_FIXED)
		image->ops = &fixed_ops;
	*ret = TAKE(image);
	return 0;
}
