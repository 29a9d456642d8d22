/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The images that are written: see plan_image.h. */
#include "convert/plan_image.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/checked.h"

/* The name space of all GUIDs that are derived here: made once, at random, for this purpose. */
#define NAMESPACE GUID(0x5ab1e2c4, 0x90d7, 0x4c0e, 0x9b1f, 0x6d2f4c8a7e31)

/* Block size of an output whose source has none that can be kept (formats/vhdx: what Windows hosts
 * choose). */
#define DEFAULT_BLOCK_SIZE ((uint32_t)(32 * MIB))

/*
 * The small unit of copy-on-write that Windows chooses for children. Beyond the limit the tables
 * for so many blocks outweigh what is saved, and the child takes the blocks of its parent.
 */
#define DIFFERENCING_BLOCK_SIZE ((uint32_t)(2 * MIB))
#define DIFFERENCING_SMALL_DISK (8 * TIB)

static enum vhd_type image_type(const struct vhd_info *image, enum vhd_format format,
				enum vhd_type type)
{
	if (format == VHD_FORMAT_RAW)
		return VHD_TYPE_FIXED;
	if (format == VHD_FORMAT_QCOW2)
		return VHD_TYPE_DYNAMIC;
	if (type != VHD_TYPE_MAX)
		return type;
	/*
	 * A raw file is fixed only by accident: what is not written in it is not stored in the
	 * output either. A checkpoint is converted with all that lies below it, as a disk of its
	 * own.
	 */
	if (image->format == VHD_FORMAT_RAW || image->type == VHD_TYPE_DIFFERENCING)
		return VHD_TYPE_DYNAMIC;
	return image->type;
}

int plan_image_spec(const struct vhd_info *image, enum vhd_format format, enum vhd_type type,
		    struct vhdx_spec *ret, struct error *err)
{
	bool is_vhdx = image->format == VHD_FORMAT_VHDX;

	*ret = (struct vhdx_spec){
		.type = image_type(image, format, type),
		.block_size = is_vhdx && image->block_size ? image->block_size : DEFAULT_BLOCK_SIZE,
		.physical_sector_size = is_vhdx ? image->physical_sector_size : 4096,
		.disk_id = image->disk_id,
		.creator = "hvgen2 " HVGEN2_VERSION,
	};
	if (ret->type != VHD_TYPE_DIFFERENCING)
		return 0;
	if (!is_vhdx) {
		error_refused(
			err, REFUSAL_LAYOUT_IMPOSSIBLE, "use --format dynamic",
			"a differencing disk of generation 2 needs a VHDX as its parent, and the "
			"source is a %s",
			vhd_info_text(image));
		return error_of_wish(err);
	}
	if (image->virtual_size <= DIFFERENCING_SMALL_DISK)
		ret->block_size = DIFFERENCING_BLOCK_SIZE;
	return 0;
}

int plan_image_check(enum vhd_format format, uint64_t size, uint32_t sector_size, struct error *err)
{
	static const char advice[] = "give the new disk a name that ends in .vhdx";

	if (format != VHD_FORMAT_VHD)
		return 0;
	if (sector_size != 512) {
		error_refused(err, REFUSAL_SECTOR_SIZE, advice,
			      "the disk has sectors of %" PRIu32
			      " bytes, and a VHD has sectors of 512",
			      sector_size);
		return error_of_wish(err);
	}
	if (size > VHD_WRITE_VHD_MAX) {
		error_refused(err, REFUSAL_LAYOUT_IMPOSSIBLE, advice,
			      "the new disk has %" PRIu64
			      " bytes, and a VHD holds at most 2040 GiB",
			      size);
		return error_of_wish(err);
	}
	return 0;
}

struct guid plan_image_guid(const char *name)
{
	const struct guid space = NAMESPACE;

	return guid_from_name(&space, name, strlen(name));
}

/* Another state of the source is another disk, by which a child knows its parent. */
static struct guid derive(const struct vhd_info *image, const struct plan_data_options *options,
			  const char *name)
{
	char disk[GUID_TEXT_SIZE], data[GUID_TEXT_SIZE], text[240];

	if (options->random_guids)
		return guid_random();
	snprintf(text, sizeof(text), "data disk %s %s %s %s %" PRIu64 " %u", options->name, name,
		 guid_format(&image->disk_id, disk), guid_format(&image->data_write_guid, data),
		 options->source_time, (unsigned int)options->type);
	return plan_image_guid(text);
}

/* It stays the disk that it is for the guest, and so keeps its id (SCSI page 83), but in a clone. */
int plan_data_disk(const struct disk *source, const struct plan_data_options *options,
		   struct vhdx_spec *ret, struct error *err)
{
	const struct vhd_info *image = vhd_info(source);
	int r = plan_image_spec(image, options->format, options->type, ret, err);

	ret->file_write_guid = derive(image, options, "file write");
	ret->data_write_guid = derive(image, options, "data write");
	if (guid_is_zero(&ret->disk_id) ||
	    (options->random_guids && ret->type != VHD_TYPE_DIFFERENCING))
		ret->disk_id = derive(image, options, "virtual disk");
	return r < 0 ? r
		     : plan_image_check(options->format, source->size, source->sector_size, err);
}
