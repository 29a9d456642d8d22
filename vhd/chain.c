/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An image and its parents as one disk. Byte ranges are asked of the topmost image; what it does
 * not hold is asked of the next one, and what lies past the end of a smaller parent reads as zeros.
 */
#include "vhd/chain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/checked.h"
#include "vhd/parent.h"

#define ADVICE_DAMAGED "take another copy of it, from a backup or by exporting the VM once more"

/* Keep the first failure that is of this host. Who asked may have no use for it, and go on. */
static int note_failure(struct chain *chain, int r, const struct error *local, struct error *err)
{
	if (r < 0 && chain->failure.kind == ERROR_NONE && local->kind == ERROR_FAILED)
		chain->failure = *local;
	if (r < 0 && err)
		*err = *local;
	return r;
}

/* What 'ret' says of the chain, and which image it is of. */
static int chain_lookup(struct chain *chain, uint64_t offset, uint64_t length,
			struct image **ret_image, struct image_extent *ret, struct error *err)
{
	ret->kind = IMAGE_PARENT;
	for (size_t i = 0; i < chain->count; i++) {
		struct image *image = chain->images[i];
		int r;

		if (offset >= image->info.virtual_size)
			break;
		length = min_u64(length, image->info.virtual_size - offset);
		r = image->ops->lookup(image, offset, length, ret, err);
		if (r < 0)
			return error_advise(err, ADVICE_DAMAGED);
		*ret_image = image;
		length = ret->length;
		if (ret->kind != IMAGE_PARENT)
			return 0;
	}
	*ret = (struct image_extent){.kind = IMAGE_HOLE, .length = length};
	return 0;
}

static int chain_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret,
			struct error *err)
{
	struct chain *chain = (struct chain *)disk;
	struct image_extent extent;
	struct image *image = NULL;
	struct error local = ERROR_INIT;
	int r = chain_lookup(chain, offset, disk->size - offset, &image, &extent, &local);

	if (r < 0)
		return note_failure(chain, r, &local, err);
	*ret = (struct disk_extent){.kind = DISK_HOLE, .length = extent.length, .fd = -1};
	if (extent.kind == IMAGE_ZERO)
		ret->kind = DISK_ZERO;
	if (extent.kind == IMAGE_MEMORY)
		ret->kind = DISK_MEMORY;
	if (extent.kind == IMAGE_DATA) {
		ret->kind = DISK_DATA;
		ret->fd = image->file.fd;
		ret->file_offset = extent.file_offset;
	}
	return 0;
}

static int read_pieces(struct chain *chain, void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	char *to = buffer;
	int r = 0;

	while (length > 0 && r == 0) {
		struct image_extent extent;
		struct image *image = NULL;

		r = chain_lookup(chain, offset, length, &image, &extent, err);
		if (r < 0)
			return r;
		if (extent.kind == IMAGE_DATA || extent.kind == IMAGE_MEMORY)
			r = image_file_read(&image->file, to, extent.length, extent.file_offset,
					    err);
		else
			memset(to, 0, extent.length);
		to += extent.length;
		offset += extent.length;
		length -= extent.length;
	}
	return r;
}

static int chain_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
		      struct error *err)
{
	struct chain *chain = (struct chain *)disk;
	struct error local = ERROR_INIT;

	return note_failure(chain, read_pieces(chain, buffer, length, offset, &local), &local, err);
}

void chain_close(struct chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		image_close(chain->images[i]);
	free(chain);
}

static void close_disk(struct disk *disk)
{
	chain_close((struct chain *)disk);
}

static const struct disk_ops chain_ops = {
	.read = chain_read,
	.extent = chain_extent,
	.close = close_disk,
};

static const struct guid *id_as_parent(const struct image *image)
{
	return image->info.format == VHD_FORMAT_VHDX ? &image->info.data_write_guid
						     : &image->info.disk_id;
}

/*
 * Is 'parent' the very disk that 'child' was made on? Fills the refusal and returns a negative errno
 * if not. The id that was found is not told: the right one makes a child of any disk, so it is all
 * that keeps a stranger's disk from being read.
 */
static int check_linkage(const struct image *child, const struct image *parent, struct error *err)
{
	char want[GUID_TEXT_SIZE];

	for (size_t i = 0; i < child->parent.linkage_count; i++)
		if (guid_equal(&child->parent.linkage[i], id_as_parent(parent)))
			return 0;
	error_refused(
		err, REFUSAL_PARENT_MISMATCH,
		"look for the copy of the parent that the child was made on, and name it with "
		"--parent FILE",
		"'%s' was changed after its child '%s' was made, or is another disk: the child "
		"wants one with the id %s",
		parent->file.path, child->file.path, guid_format(&child->parent.linkage[0], want));
	return error_of_wish(err);
}

/* What has to be equal in parent and child. A VHDX child may be of another size than its parent, a
 * VHD may not. */
static int check_shape(const struct image *child, const struct image *parent, struct error *err)
{
	if (parent->info.logical_sector_size != child->info.logical_sector_size)
		return error_damaged(err, "'%s' has sectors of %u bytes, but its parent '%s' of %u",
				     child->file.path, child->info.logical_sector_size,
				     parent->file.path, parent->info.logical_sector_size);
	if (child->info.format == VHD_FORMAT_VHD &&
	    parent->info.virtual_size != child->info.virtual_size)
		return error_damaged(err,
				     "'%s' is a disk of %" PRIu64
				     " bytes, but its parent '%s' of %" PRIu64,
				     child->file.path, child->info.virtual_size, parent->file.path,
				     parent->info.virtual_size);
	return 0;
}

/* A file that is in the chain already would make it endless. */
static int check_cycle(const struct chain *chain, const struct image *image, struct error *err)
{
	struct stat ours, theirs;

	for (size_t i = 0; i < chain->count; i++) {
		if (fstat(chain->images[i]->file.fd, &ours) < 0 ||
		    fstat(image->file.fd, &theirs) < 0)
			return error_errno(err, "'%s'", image->file.path);
		if (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
			return error_damaged(err, "'%s' is its own parent, by way of %zu others",
					     image->file.path, chain->count - i - 1);
	}
	return 0;
}

/* One search: for whom, and what was found that is not the parent. */
struct hunt {
	const struct chain *chain;
	const struct image *child;
	struct error other; /* the first such thing; kind ERROR_NONE: there was none */
};

/* What is said of a file that is passed by, in case the parent is not found. */
static void note_other(struct hunt *hunt, const struct error *err)
{
	if (hunt->other.kind == ERROR_NONE)
		hunt->other = *err;
}

/*
 * Take 'file' if it is the parent. 1: it is, 0: it is another one, or a negative errno.
 */
static int try_file(struct hunt *hunt, struct image_file *file, struct image **ret,
		    struct error *err)
{
	const struct image_format format = {hunt->child->info.format, IMAGE_FORMAT_OF_CHILD};
	CLEANUP_IMAGE struct image *image = NULL;
	int r = image_open_file(file, &format, NULL, &image, err);

	image_file_close(file);
	if (r == 0)
		r = check_linkage(hunt->child, image, err);
	if (r < 0 &&
	    (err->refusal == REFUSAL_NOT_A_DISK_IMAGE || err->refusal == REFUSAL_PARENT_MISMATCH)) {
		note_other(hunt, err);
		return 0;
	}
	if (r < 0)
		return error_prefix(err, "parent of '%s'", hunt->child->file.path);
	r = check_cycle(hunt->chain, image, err);
	if (r == 0)
		r = check_shape(hunt->child, image, err);
	if (r < 0)
		return r;
	*ret = TAKE(image);
	return 1;
}

/* The files that the operator has named. Each is one, or there is something to say. */
static int try_named(struct hunt *hunt, const struct vhd_open_options *options, struct image **ret,
		     struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && options && options->parents && options->parents[i]; i++) {
		struct image_file file = {.fd = -1};

		r = image_file_open(options->parents[i], &file, err);
		if (r == 0)
			r = try_file(hunt, &file, ret, err);
	}
	return r;
}

static int try_places(struct hunt *hunt, const struct parent_search *search, struct image **ret,
		      struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0; i++) {
		struct image_file file = {.fd = -1};

		r = parent_search_open(search, i, &file, err);
		if (r == -ERANGE)
			return 0;
		if (r == 0) {
			r = try_file(hunt, &file, ret, err);
		} else {
			if (r != -ENOENT)
				note_other(hunt, err);
			r = 0;
		}
	}
	return r;
}

static int refuse_missing(const struct image *child, const struct parent_search *search,
			  struct error *err)
{
	char places[700], want[GUID_TEXT_SIZE];

	parent_search_describe(search, places, sizeof(places));
	error_refused(
		err, REFUSAL_PARENT_MISSING,
		"put the parent beside its child, or name its folder with --parent-dir DIR or the "
		"file with --parent FILE",
		"the parent of '%s', with the id %s, was not found; looked for %s",
		child->file.path, guid_format(&child->parent.linkage[0], want), places);
	return error_of_wish(err);
}

static int search_parent(struct hunt *hunt, const struct vhd_open_options *options,
			 const struct parent_search *search, struct image **ret, struct error *err)
{
	int r = try_named(hunt, options, ret, err);

	if (r == 0)
		r = try_places(hunt, search, ret, err);
	if (r != 0)
		return r < 0 ? r : 0;
	if (hunt->other.kind == ERROR_NONE)
		return refuse_missing(hunt->child, search, err);
	*err = hunt->other;
	return -err->code;
}

static int find_parent(const struct chain *chain, const struct vhd_open_options *options,
		       struct image **ret, struct error *err)
{
	struct hunt hunt = {.chain = chain, .child = chain->images[chain->count - 1]};
	struct parent_search search;
	struct error local =
		ERROR_INIT; /* what went wrong decides how to go on, so it is always wanted */
	int r = parent_search_init(&search, hunt.child, options);

	if (r < 0)
		error_failed(&local, -r, "out of memory");
	else
		r = search_parent(&hunt, options, &search, ret, &local);
	parent_search_done(&search);
	if (r < 0 && err)
		*err = local;
	return r;
}

int chain_open(const char *path, const struct vhd_open_options *options, struct chain *chain,
	       struct error *err)
{
	struct image *image = NULL;
	int r = image_open(path, options, NULL, &image, err);

	while (r == 0) {
		chain->images[chain->count++] = image;
		if (image->info.type != VHD_TYPE_DIFFERENCING)
			break;
		if (chain->count == CHAIN_MAX)
			return error_damaged(err,
					     "'%s' has more than %u images in its chain of parents",
					     path, CHAIN_MAX);
		r = find_parent(chain, options, &image, err);
	}
	return r;
}

int vhd_open(const char *path, const struct vhd_open_options *options, struct disk **ret,
	     struct error *err)
{
	struct chain *chain = calloc(1, sizeof(*chain));
	struct vhd_info *info;
	int r;

	if (!chain)
		return error_failed(err, ENOMEM, "out of memory");
	r = chain_open(path, options, chain, err);
	if (r < 0) {
		chain_close(chain);
		return error_advise(err, ADVICE_DAMAGED);
	}
	info = &chain->images[0]->info;
	info->chain_length = (unsigned int)chain->count;
	chain->disk = (struct disk){.ops = &chain_ops,
				    .name = chain->images[0]->file.path,
				    .size = info->virtual_size,
				    .sector_size = info->logical_sector_size};
	*ret = &chain->disk;
	return 0;
}

int vhd_check_unchanged(const struct disk *disk, struct error *err)
{
	const struct chain *chain = (const struct chain *)disk;
	int r = 0;

	for (size_t i = 0; r == 0 && i < chain->count; i++)
		r = image_file_check_unchanged(&chain->images[i]->file, err);
	return r;
}

int vhd_check_reads(const struct disk *disk, struct error *err)
{
	const struct chain *chain = (const struct chain *)disk;

	if (chain->failure.kind == ERROR_NONE)
		return 0;
	if (err)
		*err = chain->failure;
	return -chain->failure.code;
}

static const struct image *chain_member(const struct disk *disk, unsigned int index)
{
	const struct chain *chain = (const struct chain *)disk;

	return index < chain->count ? chain->images[index] : NULL;
}

const struct vhd_info *vhd_member_info(const struct disk *disk, unsigned int index)
{
	const struct image *image = chain_member(disk, index);

	return image ? &image->info : NULL;
}

const char *vhd_member_path(const struct disk *disk, unsigned int index)
{
	const struct image *image = chain_member(disk, index);

	return image ? image->file.path : NULL;
}

bool vhd_member_stat(const struct disk *disk, unsigned int index, struct stat *ret)
{
	const struct image *image = chain_member(disk, index);

	return image && fstat(image->file.fd, ret) == 0;
}

int vhd_member_fd(const struct disk *disk, unsigned int index)
{
	const struct image *image = chain_member(disk, index);

	return image ? image->file.fd : -1;
}

struct vhd_findings vhd_member_findings(const struct disk *disk, unsigned int index)
{
	const struct image *image = chain_member(disk, index);

	if (!image)
		return (struct vhd_findings){.list = NULL};
	return (struct vhd_findings){image->findings.list, image->findings.count,
				     image->findings.unlisted};
}

const struct vhd_info *vhd_info(const struct disk *disk)
{
	return vhd_member_info(disk, 0);
}

const char *vhd_info_text(const struct vhd_info *info)
{
	static const char *const text[VHD_FORMAT_MAX][VHD_TYPE_MAX] = {
		[VHD_FORMAT_RAW] = {"raw image", "raw image", "raw image"},
		[VHD_FORMAT_VHD] = {"fixed VHD", "dynamic VHD", "differencing VHD"},
		[VHD_FORMAT_VHDX] = {"fixed VHDX", "dynamic VHDX", "differencing VHDX"},
	};

	return text[info->format][info->type];
}
