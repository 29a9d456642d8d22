/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Layout of the stream WofCompressedData, as Windows 10 and wimlib write it:
 *
 *   0          where chunk 1 begins  }
 *   4          where chunk 2 begins  } from the end of this table; 32 bits for files < 4 GiB
 *   ...                              }
 *   4 (n - 1)  chunk 0, chunk 1, ... chunk n - 1
 *
 * A chunk that is as long as its contents is stored as it is.
 */
#include "convert/verify/ntfs/wof.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <wimlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"

/* The reparse point: REPARSE_DATA_BUFFER ([MS-FSCC] 2.1.2) with what wofapi.h puts into it. */
#define POINT_TAG	  0
#define POINT_VERSION	  8  /* WOF_EXTERNAL_INFO.Version, 1 */
#define POINT_PROVIDER	  12 /* .Provider, 2: the file itself */
#define POINT_FILE_INFO	  16 /* FILE_PROVIDER_EXTERNAL_INFO_V1.Version, 1 */
#define POINT_COMPRESSION 20 /* .Algorithm */
#define POINT_BYTES	  24

#define TAG_WOF UINT32_C(0x80000017) /* IO_REPARSE_TAG_WOF */

#define MAX_CHUNK ((size_t)32768)

/* FILE_PROVIDER_COMPRESSION_XPRESS4K, _LZX, _XPRESS8K, _XPRESS16K */
static const struct {
	enum wimlib_compression_type type;
	uint32_t chunk;
} compressions[] = {
	{WIMLIB_COMPRESSION_TYPE_XPRESS, 4096},
	{WIMLIB_COMPRESSION_TYPE_LZX, MAX_CHUNK},
	{WIMLIB_COMPRESSION_TYPE_XPRESS, 8192},
	{WIMLIB_COMPRESSION_TYPE_XPRESS, 16384},
};

struct verify_wof {
	const struct verify_ntfs_volume *volume;
	const char *path;
	uint64_t size; /* of the contents */
	uint32_t chunk;
	uint64_t chunks;
	uint64_t packed_bytes; /* of all chunks */
	uint8_t *table;
	ntfs_attr *stream;
	struct wimlib_decompressor *decompressor;
	uint8_t packed[MAX_CHUNK], contents[MAX_CHUNK];
};

void verify_wof_close(struct verify_wof **wof)
{
	if (!*wof)
		return;
	verify_ntfs_close_stream(&(*wof)->stream);
	wimlib_free_decompressor((*wof)->decompressor);
	free((*wof)->table);
	free(*wof);
	*wof = NULL;
}

static int read_reparse_point(const struct verify_wof *wof, ntfs_inode *inode,
			      uint8_t point[POINT_BYTES], struct error *err)
{
	CLEANUP_STREAM
	ntfs_attr *stream = ntfs_attr_open(inode, AT_REPARSE_POINT, AT_UNNAMED, 0);

	memset(point, 0, POINT_BYTES);
	if (!stream || ntfs_attr_pread(stream, 0, POINT_BYTES, point) < 0)
		return verify_ntfs_fail(wof->volume, err, "cannot read the reparse point of '%s'",
					wof->path);
	return 0;
}

/* What the reparse point says about the compression. */
static int find_compression(struct verify_wof *wof, ntfs_inode *inode, struct error *err)
{
	uint8_t point[POINT_BYTES];
	uint32_t compression;
	int r = read_reparse_point(wof, inode, point, err);

	if (r < 0)
		return r;
	if (get_le32(point + POINT_TAG) != TAG_WOF)
		return error_damaged(err,
				     "the contents of '%s' are not in the file (reparse tag "
				     "0x%08" PRIx32 ")",
				     wof->path, get_le32(point + POINT_TAG));
	compression = get_le32(point + POINT_COMPRESSION);
	if (get_le32(point + POINT_VERSION) != 1 || get_le32(point + POINT_PROVIDER) != 2 ||
	    get_le32(point + POINT_FILE_INFO) != 1 || compression >= ARRAY_SIZE(compressions))
		return error_damaged(err,
				     "the contents of '%s' are held by WOF provider %" PRIu32
				     " with compression %" PRIu32
				     ", expected those of single files",
				     wof->path, get_le32(point + POINT_PROVIDER), compression);
	wof->chunk = compressions[compression].chunk;
	wof->chunks = div_round_up(wof->size, wof->chunk);
	if (wimlib_create_decompressor(compressions[compression].type, wof->chunk,
				       &wof->decompressor) != 0)
		return error_failed(err, ENOMEM, "'%s': no memory", wof->path);
	return 0;
}

static int read_chunk_table(struct verify_wof *wof, struct error *err)
{
	struct verify_ntfs_range range = {.stream = wof->stream, .path = wof->path};

	range.length = (size_t)(wof->chunks - 1) * 4;
	if (wof->stream->data_size < 0 || (uint64_t)wof->stream->data_size < range.length)
		return error_damaged(err,
				     "'%s': %" PRId64 " compressed bytes have no room for a table "
				     "of %" PRIu64 " chunks",
				     wof->path, (int64_t)wof->stream->data_size, wof->chunks);
	wof->packed_bytes = (uint64_t)wof->stream->data_size - range.length;
	wof->table = malloc(range.length + 4);
	if (!wof->table)
		return error_failed(err, ENOMEM, "'%s': no memory", wof->path);
	return verify_ntfs_read_range(wof->volume, &range, wof->table, err);
}

int verify_wof_open(const struct verify_ntfs_volume *volume, ntfs_inode *inode, uint64_t size,
		    const char *path, struct verify_wof **ret, struct error *err)
{
	CLEANUP_VERIFY_WOF struct verify_wof *wof = calloc(1, sizeof(*wof));
	CLEANUP_FREE uint8_t *name = NULL;
	size_t name_size;
	int r;

	name = utf8_to_utf16le("WofCompressedData", &name_size);
	if (!wof || !name)
		return error_failed(err, ENOMEM, "'%s': no memory", path);
	wof->volume = volume;
	wof->path = path;
	wof->size = size;
	r = find_compression(wof, inode, err);
	if (r < 0)
		return r;
	wof->stream = ntfs_attr_open(inode, AT_DATA, (void *)name, (u32)(name_size / 2 - 1));
	if (!wof->stream && errno != ENOENT)
		return verify_ntfs_fail(volume, err, "cannot read '%s'", path);
	if (!wof->stream)
		return error_damaged(err,
				     "'%s' is compressed, but the compressed bytes are missing",
				     path);
	r = size ? read_chunk_table(wof, err) : 0;
	if (r == 0)
		*ret = TAKE(wof);
	return r;
}

/* Where chunk 'index' begins behind the table, and the last one ends. */
static uint64_t chunk_begin(const struct verify_wof *wof, uint64_t index)
{
	if (index == 0)
		return 0;
	return index == wof->chunks ? wof->packed_bytes : get_le32(wof->table + (index - 1) * 4);
}

int verify_wof_read(struct verify_wof *wof, uint64_t offset, const uint8_t **ret_bytes,
		    size_t *ret_length, struct error *err)
{
	const uint64_t index = offset / wof->chunk, begin = chunk_begin(wof, index),
		       end = chunk_begin(wof, index + 1);
	const size_t length = min_u64(wof->chunk, wof->size - offset);
	struct verify_ntfs_range range = {.stream = wof->stream, .path = wof->path};
	int r;

	if (begin >= end || end > wof->packed_bytes || end - begin > length)
		return error_damaged(err,
				     "'%s': chunk %" PRIu64 " cannot stand at %" PRIu64
				     " to %" PRIu64 " of %" PRIu64 " compressed bytes",
				     wof->path, index, begin, end, wof->packed_bytes);
	range.offset = (wof->chunks - 1) * 4 + begin;
	range.length = (size_t)(end - begin);
	r = verify_ntfs_read_range(wof->volume, &range, wof->packed, err);
	if (r < 0)
		return r;
	*ret_length = length;
	*ret_bytes = range.length == length ? wof->packed : wof->contents;
	if (range.length < length && wimlib_decompress(wof->packed, range.length, wof->contents,
						       length, wof->decompressor) != 0)
		return error_damaged(err, "'%s': chunk %" PRIu64 " cannot be decompressed",
				     wof->path, index);
	return 0;
}
