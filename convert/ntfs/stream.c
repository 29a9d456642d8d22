/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The unnamed stream of a file: whether its contents can be had at all, and reading them piece by
 * piece.
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

/* Tags of links carry this bit, "name surrogate" ([MS-FSCC] 2.1.2.1). */
#define REPARSE_SURROGATE UINT32_C(0x20000000)
#define REPARSE_DEDUP	  UINT32_C(0x80000013)

#define RESTORE_CONTENTS                                                                           \
	"restore the contents of the file in the guest, shut down and convert again"

struct volume_stream {
	struct volume *volume;
	ntfs_inode *inode;
	ntfs_attr *data;
	char *path;
};

/* Can the contents of a file with this reparse point be had from its streams? */
static int check_reparse(const char *path, uint32_t tag, struct error *err)
{
	if (tag == 0 || tag == WOF_REPARSE_TAG)
		return 0;
	if (tag & REPARSE_SURROGATE)
		return error_damaged(err, "'%s' is a link (reparse tag 0x%08" PRIx32 ")", path,
				     tag);
	return error_refused(err, REFUSAL_WOF_UNSUPPORTED, RESTORE_CONTENTS,
			     "the contents of '%s' are %s (reparse tag 0x%08" PRIx32 ")", path,
			     tag == REPARSE_DEDUP ? "deduplicated"
						  : "not stored in the file itself",
			     tag);
}

int volume_open_data(struct volume *volume, const char *path, ntfs_inode **ret_inode,
		     ntfs_attr **ret_data, struct volume_reparse *ret_reparse, struct error *err)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;
	ntfs_attr *data;
	int r = volume_lookup(volume, path, &inode, err);

	if (r < 0)
		return r;
	if (inode->mrec->flags & MFT_RECORD_IS_DIRECTORY)
		return volume_fail(volume, path, EISDIR, "read", err);
	r = volume_reparse(volume, inode, path, ret_reparse, err);
	if (r == 0)
		r = check_reparse(path, ret_reparse->tag, err);
	if (r < 0)
		return r;
	data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
	if (!data)
		return volume_fail(volume, path, EIO, "read", err);
	*ret_inode = TAKE(inode);
	*ret_data = data;
	return 0;
}

/* Is this named stream the contents of a WOF-compressed file? */
static int is_wof_stream(const ATTR_RECORD *attr, bool *ret)
{
	CLEANUP_FREE uint8_t *name = NULL;
	size_t size;

	name = utf8_to_utf16le(WOF_STREAM, &size);
	if (!name)
		return -ENOMEM;
	*ret = attr->name_length == size / 2 - 1 &&
	       memcmp((const uint8_t *)attr + get_le16(&attr->name_offset), name, size - 2) == 0;
	return 0;
}

static int look_for_named_stream(struct volume *volume, ntfs_attr_search_ctx *context,
				 const char *path, bool is_wof, bool *ret, struct error *err)
{
	while (ntfs_attr_lookup(AT_UNUSED, NULL, 0, CASE_SENSITIVE, 0, NULL, 0, context) == 0) {
		bool is_known = false;

		if (context->attr->type != AT_DATA || context->attr->name_length == 0)
			continue;
		if (is_wof && is_wof_stream(context->attr, &is_known) < 0)
			return volume_fail(volume, path, ENOMEM, "read", err);
		if (!is_known) {
			*ret = true;
			return 0;
		}
	}
	return errno == ENOENT ? 0 : volume_fail(volume, path, EIO, "read", err);
}

int volume_holds_more(struct volume *volume, const char *path, bool *ret, struct error *err)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;
	struct volume_reparse reparse;
	ntfs_attr_search_ctx *context;
	int r = volume_lookup(volume, path, &inode, err);

	if (r == 0)
		r = volume_reparse(volume, inode, path, &reparse, err);
	if (r < 0)
		return r;
	*ret = reparse.tag != 0 && reparse.tag != WOF_REPARSE_TAG;
	if (*ret)
		return 0;
	context = ntfs_attr_get_search_ctx(inode, NULL);
	if (!context)
		return volume_fail(volume, path, ENOMEM, "read", err);
	r = look_for_named_stream(volume, context, path, reparse.tag == WOF_REPARSE_TAG, ret, err);
	ntfs_attr_put_search_ctx(context);
	return r;
}

int volume_read_attr(struct volume *volume, ntfs_attr *attr, const char *path, void *buffer,
		     size_t length, uint64_t offset, struct error *err)
{
	uint8_t *to = buffer;

	volume_begin(volume, length);
	for (size_t done = 0; done < length;) {
		s64 n = ntfs_attr_pread(attr, (s64)(offset + done),
					(s64)min_u64(PIECE, length - done), to + done);

		if (n <= 0)
			return volume_fail(volume, path, n < 0 && errno ? errno : EIO, "read", err);
		done += (size_t)n;
	}
	return 0;
}

int volume_stream_open(struct volume *volume, const char *path, struct volume_stream **ret,
		       uint64_t *ret_size, struct error *err)
{
	CLEANUP_VOLUME_STREAM struct volume_stream *stream = calloc(1, sizeof(*stream));
	struct volume_reparse reparse;
	int r;

	if (!stream || !(stream->path = strdup(path)))
		return error_failed(err, ENOMEM, "out of memory");
	stream->volume = volume;
	r = volume_open_data(volume, path, &stream->inode, &stream->data, &reparse, err);
	if (r < 0)
		return r;
	if (reparse.tag)
		return error_failed(err, ENOTSUP,
				    "'%s' is compressed and cannot be read piece by piece", path);
	if (stream->data->data_size < 0)
		return volume_fail(volume, path, EIO, "read", err);
	*ret_size = (uint64_t)stream->data->data_size;
	*ret = TAKE(stream);
	return 0;
}

int volume_stream_read(struct volume_stream *stream, void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	if (!range_within(offset, length, (uint64_t)stream->data->data_size))
		return error_damaged(err,
				     "'%s': %zu bytes at offset %" PRIu64
				     " are beyond the end of the file",
				     stream->path, length, offset);
	return volume_read_attr(stream->volume, stream->data, stream->path, buffer, length, offset,
				err);
}

void volume_stream_cleanup(struct volume_stream **stream)
{
	if (*stream) {
		volume_attr_cleanup(&(*stream)->data);
		volume_inode_cleanup(&(*stream)->inode);
		free((*stream)->path);
		free(*stream);
	}
	*stream = NULL;
}
