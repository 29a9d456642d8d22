/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading and replacing whole files.
 *
 * Replacing keeps every time stamp: the library moves none by itself when a stream is written. When
 * neither the size nor the space taken changes, the folder's entry need not be touched and is left
 * alone; otherwise the library brings sizes and times of the entry in line with the file's own
 * record.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"
#include "convert/ntfs/internal.h"
#include "convert/ntfs/wof.h"

#define PIECE (UINT64_C(1) << 20) /* bytes per call of the library */

int volume_stat(struct volume *volume, const char *path, struct volume_stat *ret, struct error *err)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;
	struct volume_reparse reparse;
	int r = volume_lookup(volume, path, &inode, err);

	if (r == 0)
		r = volume_reparse(volume, inode, path, &reparse, err);
	if (r < 0)
		return r;
	*ret = (struct volume_stat){
		.is_directory = inode->mrec->flags & MFT_RECORD_IS_DIRECTORY,
		.is_compact = reparse.tag == WOF_REPARSE_TAG,
		.is_reparse = reparse.tag != 0,
		.mtime = volume_unix_time(inode->last_data_change_time),
	};
	if (!ret->is_directory)
		ret->size = (uint64_t)inode->data_size;
	return 0;
}

bool volume_exists(struct volume *volume, const char *path)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;

	return volume_lookup(volume, path, &inode, NULL) == 0;
}

static int too_large(const char *path, uint64_t size, uint64_t limit, struct error *err)
{
	return error_damaged(err,
			     "'%s' has %" PRIu64 " bytes, more than the %" PRIu64
			     " that are credible",
			     path, size, limit);
}

/* New memory for 'size' bytes, never NULL for size 0. */
static uint8_t *buffer_new(size_t size)
{
	return malloc(size ? size : 1);
}

/*
 * What a reader is asked for: all of a file of up to 'max_size' bytes, or its first 'max_size'
 * bytes.
 */
struct request {
	const char *path;
	size_t max_size;
	bool only_start;
};

static int wanted_size(struct volume *volume, const struct request *request, s64 file_size,
		       size_t *ret, struct error *err)
{
	if (file_size < 0)
		return volume_fail(volume, request->path, EIO, "read", err);
	if ((uint64_t)file_size > request->max_size && !request->only_start)
		return too_large(request->path, (uint64_t)file_size, request->max_size, err);
	*ret = min_u64((uint64_t)file_size, request->max_size);
	return 0;
}

static int read_plain(struct volume *volume, ntfs_attr *data, const struct request *request,
		      uint8_t **ret_data, size_t *ret_size, struct error *err)
{
	CLEANUP_FREE uint8_t *buffer = NULL;
	size_t size;
	int r = wanted_size(volume, request, data->data_size, &size, err);

	if (r < 0)
		return r;
	buffer = buffer_new(size);
	if (!buffer)
		return volume_fail(volume, request->path, ENOMEM, "read", err);
	r = volume_read_attr(volume, data, request->path, buffer, size, 0, err);
	if (r < 0)
		return r;
	*ret_data = TAKE(buffer);
	*ret_size = size;
	return 0;
}

/* The whole stream WofCompressedData of a file whose contents are 'file_size' bytes. */
static int read_wof_stream(struct volume *volume, ntfs_inode *inode, const struct request *request,
			   uint64_t max_stream, uint8_t **ret, size_t *ret_size, struct error *err)
{
	CLEANUP_FREE uint8_t *name = NULL;
	CLEANUP_ATTR ntfs_attr *stream = NULL;
	const struct request whole = {.path = request->path, .max_size = max_stream};
	size_t size;

	name = utf8_to_utf16le(WOF_STREAM, &size);
	if (!name)
		return volume_fail(volume, request->path, ENOMEM, "read", err);
	stream = ntfs_attr_open(inode, AT_DATA, (void *)name, (u32)(size / 2 - 1));
	if (!stream)
		return error_damaged(err, "'%s' is marked as compressed but has no stream '%s'",
				     request->path, WOF_STREAM);
	return read_plain(volume, stream, &whole, ret, ret_size, err);
}

/*
 * A stream is never longer than wof_max_stream() says, and the start of a file needs no more of it
 * than the start of the stream would; but the table alone grows with the file, so a start is read
 * from files of up to this size only.
 */
#define WOF_START_MAX (32 * MIB)

static int read_compact(struct volume *volume, const ntfs_attr *data,
			const struct volume_reparse *reparse, const struct request *request,
			uint8_t **ret_data, size_t *ret_size, struct error *err)
{
	uint64_t file_size = (uint64_t)data->data_size;
	CLEANUP_FREE uint8_t *stream = NULL;
	CLEANUP_FREE uint8_t *buffer = NULL;
	enum wof_format format;
	size_t size, stream_size;
	int r = wof_parse_reparse(reparse->bytes, reparse->size, request->path, &format, err);

	if (r == 0)
		r = wanted_size(volume, request, data->data_size, &size, err);
	if (r < 0)
		return r;
	if (file_size > WOF_START_MAX)
		return too_large(request->path, file_size, WOF_START_MAX, err);
	r = read_wof_stream(volume, data->ni, request, wof_max_stream(format, file_size), &stream,
			    &stream_size, err);
	if (r < 0)
		return r;
	buffer = buffer_new(size);
	if (!buffer)
		return volume_fail(volume, request->path, ENOMEM, "read", err);
	r = wof_decompress(format, &(struct file_bytes){stream, stream_size, request->path},
			   file_size, buffer, size, err);
	if (r < 0)
		return r;
	*ret_data = TAKE(buffer);
	*ret_size = size;
	return 0;
}

static int read_request(struct volume *volume, const struct request *request, uint8_t **ret_data,
			size_t *ret_size, struct error *err)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;
	CLEANUP_ATTR ntfs_attr *data = NULL;
	struct volume_reparse reparse;
	int r = volume_open_data(volume, request->path, &inode, &data, &reparse, err);

	if (r < 0)
		return r;
	if (reparse.tag == WOF_REPARSE_TAG)
		return read_compact(volume, data, &reparse, request, ret_data, ret_size, err);
	return read_plain(volume, data, request, ret_data, ret_size, err);
}

int volume_read_file(struct volume *volume, const char *path, size_t max_size, uint8_t **ret_data,
		     size_t *ret_size, struct error *err)
{
	const struct request request = {.path = path, .max_size = max_size};

	return read_request(volume, &request, ret_data, ret_size, err);
}

int volume_read_start(struct volume *volume, const char *path, size_t max_size, uint8_t **ret_data,
		      size_t *ret_size, struct error *err)
{
	const struct request request = {.path = path, .max_size = max_size, .only_start = true};

	return read_request(volume, &request, ret_data, ret_size, err);
}

static int write_stream(struct volume *volume, ntfs_attr *stream, const char *path,
			const uint8_t *bytes, size_t size, struct error *err)
{
	for (size_t done = 0; done < size;) {
		s64 n = ntfs_attr_pwrite(stream, (s64)done, (s64)min_u64(PIECE, size - done),
					 bytes + done);

		if (n <= 0)
			return volume_fail(volume, path, n < 0 && errno ? errno : EIO, "write",
					   err);
		done += (size_t)n;
	}
	return 0;
}

/*
 * Compressed streams cannot be overwritten in place: empty first. Others are only cut to the new
 * size.
 */
static int write_contents(struct volume *volume, ntfs_attr *stream, const char *path,
			  const uint8_t *bytes, size_t size, struct error *err)
{
	bool compressed = NAttrCompressed(stream);
	int r;

	if (compressed || (uint64_t)stream->data_size > size)
		if (ntfs_attr_truncate(stream, compressed ? 0 : (s64)size) < 0)
			return volume_fail(volume, path, errno, "write", err);
	r = write_stream(volume, stream, path, bytes, size, err);
	if (r == 0 && compressed && ntfs_attr_pclose(stream) < 0)
		r = volume_fail(volume, path, errno, "write", err);
	return r;
}

/*
 * The library finds $Extend\$Reparse by a look-up that, on a volume without its caches, only works
 * regardless of case; and it reports success when it has not found it.
 */
static int remove_reparse_point(ntfs_inode *inode)
{
	int r;

	NTFS3G_CLEAR(inode->vol->state, NV_CaseSensitive);
	r = ntfs_remove_ntfs_reparse_data(inode);
	NVolSetCaseSensitive(inode->vol);
	if (r == 0 && inode->flags & FILE_ATTR_REPARSE_POINT) {
		errno = EIO;
		return -1;
	}
	return r;
}

/*
 * Make a WOF-compressed file an ordinary one that has lost its contents: what Windows does when
 * such a file is opened for writing.
 */
static int drop_compression(struct volume *volume, ntfs_inode *inode, const char *path,
			    struct error *err)
{
	CLEANUP_FREE uint8_t *name = NULL;
	struct volume_reparse reparse;
	size_t size;
	int r = volume_reparse(volume, inode, path, &reparse, err);

	if (r < 0)
		return r;
	if (reparse.tag != WOF_REPARSE_TAG)
		return error_damaged(err, "cannot write '%s': it is a reparse point", path);
	name = utf8_to_utf16le(WOF_STREAM, &size);
	if (!name)
		return volume_fail(volume, path, ENOMEM, "write", err);
	if (remove_reparse_point(inode) < 0 ||
	    ntfs_attr_remove(inode, AT_DATA, (void *)name, (u32)(size / 2 - 1)) < 0)
		return volume_fail(volume, path, errno, "write", err);
	return 0;
}

static int replace_in_inode(struct volume *volume, ntfs_inode *inode, const char *path,
			    const uint8_t *bytes, size_t size, struct error *err)
{
	const s64 old_size = inode->data_size, old_space = inode->allocated_size;
	const bool is_reparse = inode->flags & FILE_ATTR_REPARSE_POINT;
	CLEANUP_ATTR ntfs_attr *data = NULL;
	int r = 0;

	if (inode->mrec->flags & MFT_RECORD_IS_DIRECTORY)
		return volume_fail(volume, path, EISDIR, "write", err);
	if (inode->flags & FILE_ATTR_ENCRYPTED)
		return volume_fail(volume, path, EACCES, "write", err);
	if (is_reparse)
		r = drop_compression(volume, inode, path, err);
	if (r < 0)
		return r;
	data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
	if (!data)
		return volume_fail(volume, path, EIO, "write", err);
	volume_begin(volume, size);
	r = write_contents(volume, data, path, bytes, size, err);
	if (r == 0 && !is_reparse && inode->data_size == old_size &&
	    inode->allocated_size == old_space)
		NTFS3G_CLEAR(inode->state, NI_FileNameDirty);
	return r;
}

int volume_replace_file(struct volume *volume, const char *path, const void *data, size_t size,
			struct error *err)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;
	int r = volume_lookup(volume, path, &inode, err);

	if (r == 0)
		r = replace_in_inode(volume, inode, path, data, size, err);
	if (r == 0 && ntfs_inode_close(TAKE(inode)) < 0)
		r = volume_fail(volume, path, errno, "write", err);
	return r;
}
