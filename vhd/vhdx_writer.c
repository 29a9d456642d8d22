/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is decided before a VHDX is written: see vhdx_writer.h. */
#include "vhd/vhdx_writer.h"

#include <errno.h>
#include <inttypes.h>

#include "common/checked.h"
#include "vhd/vhdx_format.h"

/* Only mistakes of the caller. */
static int check_spec(const struct vhdx_spec *spec, const struct disk *contents, const char *name,
		      struct error *err)
{
	uint32_t block = spec->block_size;

	if (spec->type < VHD_TYPE_MAX && is_power_of_two(block) && block >= VHDX_BLOCK_SIZE_MIN &&
	    block <= VHDX_BLOCK_SIZE_MAX && contents->size > 0 &&
	    contents->size <= VHDX_DISK_SIZE_MAX && contents->size % contents->sector_size == 0)
		return 0;
	return error_failed(err, EINVAL,
			    "'%s': cannot make a VHDX of %" PRIu64 " bytes with blocks of %u bytes",
			    name, contents->size, block);
}

static int check_parent(const struct vhdx_parent *parent, const struct disk *contents,
			const char *name, struct error *err)
{
	if (!parent || (!parent->relative_path && !parent->windows_path))
		return error_failed(err, EINVAL,
				    "'%s': a differencing disk needs a parent and its path", name);
	if (vhd_info(parent->disk)->format == VHD_FORMAT_VHDX &&
	    parent->disk->sector_size == contents->sector_size &&
	    parent->disk->size <= contents->size)
		return 0;
	return error_failed(err, EINVAL,
			    "'%s' (%s of %" PRIu64
			    " bytes) cannot be the parent of a VHDX of %" PRIu64 " bytes",
			    parent->disk->name, vhd_info_text(vhd_info(parent->disk)),
			    parent->disk->size, contents->size);
}

static struct vhdx_metadata describe_disk(const struct vhdx_spec *spec, const struct disk *contents)
{
	return (struct vhdx_metadata){
		.block_size = spec->block_size,
		.leave_allocated = spec->type == VHD_TYPE_FIXED,
		.has_parent = spec->type == VHD_TYPE_DIFFERENCING,
		.disk_size = contents->size,
		.disk_id = spec->disk_id,
		.logical_sector = contents->sector_size,
		.physical_sector = spec->physical_sector_size,
	};
}

/* Decide where everything goes. */
static void lay_out_file(struct vhdx_writer *w)
{
	w->geometry = vhdx_geometry(&w->metadata);
	w->bat_length = div_round_up(w->geometry.entries * VHDX_BAT_ENTRY_SIZE, MIB) * MIB;
	w->bitmaps = WRITER_BAT_OFFSET + w->bat_length;
	w->end = w->bitmaps + (w->parent ? w->geometry.chunks * VHDX_BITMAP_SIZE : 0);
	w->copy.behind = (struct write_behind){.fd = w->copy.fd, .sent = w->end, .settled = w->end};
}

int vhdx_writer_init(struct vhdx_writer *w, int fd, const char *name, const struct vhdx_spec *spec,
		     struct disk *contents, struct error *err)
{
	int r = check_spec(spec, contents, name, err);

	if (r == 0 && spec->type == VHD_TYPE_DIFFERENCING)
		r = check_parent(spec->parent, contents, name, err);
	if (r < 0)
		return r;
	*w = (struct vhdx_writer){
		.spec = spec,
		.contents = contents,
		.parent = spec->type == VHD_TYPE_DIFFERENCING ? spec->parent->disk : NULL,
		.err = err,
		.copy = {.disk = contents, .fd = fd, .name = name},
		.metadata = describe_disk(spec, contents),
	};
	lay_out_file(w);
	return 0;
}
