/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a file to its end, of which only the start is kept. */
#include "convert/verify/ntfs/file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/checked.h"
#include "convert/verify/ntfs/find.h"
#include "convert/verify/ntfs/wof.h"

#define PIECE ((size_t)(256 * KIB))

/* Keep what of 'bytes' belongs to the start of the file. */
static void keep_start(struct verify_ntfs_file *file, const uint8_t *bytes, size_t length)
{
	size_t part = min_u64(length, sizeof(file->start) - file->start_size);

	memcpy(file->start + file->start_size, bytes, part);
	file->start_size += part;
}

static int read_stream(const struct verify_ntfs_volume *volume, ntfs_attr *stream, const char *path,
		       struct verify_ntfs_file *file, struct error *err)
{
	CLEANUP_FREE uint8_t *piece = malloc(PIECE);
	struct verify_ntfs_range range = {.stream = stream, .path = path};

	if (!piece)
		return error_failed(err, ENOMEM, "'%s': no memory", path);
	for (; range.offset < file->size; range.offset += range.length) {
		int r;

		range.length = min_u64(PIECE, file->size - range.offset);
		r = verify_ntfs_read_range(volume, &range, piece, err);
		if (r < 0)
			return r;
		keep_start(file, piece, range.length);
	}
	return 0;
}

static int read_wof(const struct verify_ntfs_volume *volume, ntfs_inode *inode, const char *path,
		    struct verify_ntfs_file *file, struct error *err)
{
	CLEANUP_VERIFY_WOF struct verify_wof *wof = NULL;
	const uint8_t *bytes;
	size_t length;
	int r = verify_wof_open(volume, inode, file->size, path, &wof, err);

	for (uint64_t offset = 0; r == 0 && offset < file->size; offset += length) {
		r = verify_wof_read(wof, offset, &bytes, &length, err);
		if (r < 0)
			break;
		keep_start(file, bytes, length);
	}
	return r;
}

static int read_inode(struct verify_ntfs_volume *volume, ntfs_inode *inode, const char *path,
		      size_t max_size, struct verify_ntfs_file *ret, struct error *err)
{
	CLEANUP_STREAM ntfs_attr *data = NULL;

	if (verify_ntfs_is_folder(inode))
		return error_damaged(err, "cannot read '%s': it is a folder", path);
	data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
	if (!data || data->data_size < 0)
		return verify_ntfs_fail(volume, err, "cannot read '%s'", path);
	ret->size = (uint64_t)data->data_size;
	ret->start_size = 0;
	if (ret->size > max_size)
		return error_damaged(err,
				     "'%s' has %" PRIu64
				     " bytes, more than the %zu that are credible",
				     path, ret->size, max_size);
	verify_ntfs_grant(volume, ret->size);
	if (inode->flags & FILE_ATTR_REPARSE_POINT)
		return read_wof(volume, inode, path, ret, err);
	return read_stream(volume, data, path, ret, err);
}

int verify_ntfs_read(struct verify_ntfs_volume *volume, const char *path, size_t max_size,
		     struct verify_ntfs_file *ret, struct error *err)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;
	int r = verify_ntfs_find(volume, path, &inode, err);

	return r < 0 ? r : read_inode(volume, inode, path, max_size, ret, err);
}
