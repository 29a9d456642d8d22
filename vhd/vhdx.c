/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * VHDX: opening one file.
 *
 * The structures are read in the order in which each can be trusted: headers, log, region tables,
 * metadata, BAT. The whole BAT is looked at once when the file is opened, so that a damaged image
 * is told at once and not after an hour of copying; what is kept of it is one window.
 */
#include "vhd/vhdx.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "vhd/vhdx_format.h"
#include "vhd/vhdx_locator.h"
#include "vhd/vhdx_log.h"
#include "vhd/vhdx_map.h"
#include "vhd/vhdx_scan.h"

#define BAT_WINDOW    (64 * KIB) /* 8192 entries */
#define BITMAP_WINDOW 4096	 /* 16 MiB of disk with 512-byte sectors */

static void vhdx_free(struct image *image)
{
	struct vhdx *vhdx = (struct vhdx *)image;

	window_done(&vhdx->bat_window);
	window_done(&vhdx->bitmap_window);
	window_done(&vhdx->bitmap_entry);
	vhdx_regions_done(&vhdx->regions);
	free(vhdx);
}

static const struct image_ops vhdx_ops = {.lookup = vhdx_lookup, .free = vhdx_free};

static void look_onto_bat(struct vhdx *vhdx)
{
	uint64_t start = vhdx_entry_offset(vhdx, 0);
	uint64_t end = vhdx_entry_offset(vhdx, vhdx->geometry.entries);

	window_look_onto(&vhdx->bat_window, start, end);
	window_look_onto(&vhdx->bitmap_entry, start, end);
}

/* Is the BAT region large enough for the disk? */
static int check_geometry(const struct vhdx *vhdx, struct error *err)
{
	if (vhdx->geometry.entries * VHDX_BAT_ENTRY_SIZE <= vhdx->regions.bat.length)
		return 0;
	return error_damaged(err,
			     "'%s': the BAT at offset %" PRIu64
			     " has %u bytes, but a disk of %" PRIu64 " bytes needs %" PRIu64
			     " entries of 8",
			     vhdx->image.file.path, vhdx->regions.bat.offset,
			     vhdx->regions.bat.length, vhdx->metadata.disk_size,
			     vhdx->geometry.entries);
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
		.file_write_guid = vhdx->header.file_write,
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
		r = vhdx_read_regions(file, &vhdx->header, findings, &vhdx->regions, err);
	if (r == 0)
		r = vhdx_read_metadata(file, &vhdx->regions.metadata, findings, &vhdx->metadata,
				       err);
	if (r < 0)
		return r;
	vhdx->geometry = vhdx_geometry(&vhdx->metadata);
	look_onto_bat(vhdx);
	if (vhdx->metadata.has_parent)
		r = vhdx_read_locator(file, &vhdx->metadata, findings, &vhdx->image.parent, err);
	if (r == 0)
		r = check_geometry(vhdx, err);
	if (r == 0 && !findings->is_check)
		r = vhdx_scan(vhdx, findings, states, &slack, err);
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
		r = read_structures(vhdx, findings ? findings : &image->findings, err);
	if (r == 0)
		*ret = TAKE(image);
	return r;
}
