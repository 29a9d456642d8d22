/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * WOF streams. A file of n chunks starts with n-1 little-endian offsets, of 4 bytes or, from 4 GiB
 * of contents on, 8: where chunks 1 to n-1 begin, counted from the end of this table. Chunk 0
 * begins at 0 and the last one ends with the stream. A chunk as long as its contents is stored raw.
 */
#include "convert/ntfs/wof.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <wimlib.h>

#include "common/bytes.h"
#include "common/checked.h"

/*
 * Reparse data: 8 bytes of reparse header, then WOF_EXTERNAL_INFO and
 * FILE_PROVIDER_EXTERNAL_INFO_V1 (wofapi.h, ntifs.h).
 */
#define REPARSE_WOF_VERSION	 8
#define REPARSE_WOF_PROVIDER	 12
#define REPARSE_PROVIDER_VERSION 16
#define REPARSE_ALGORITHM	 20
#define REPARSE_SIZE		 24

#define PROVIDER_WIM  1
#define PROVIDER_FILE 2

#define NO_WAY_IN                                                                                  \
	"decompress the file in the guest (compact /u /exe FILE), shut down and convert again"

struct format {
	enum wimlib_compression_type type;
	uint32_t chunk_size;
};

static const struct format formats[WOF_FORMAT_MAX] = {
	[WOF_XPRESS4K] = {WIMLIB_COMPRESSION_TYPE_XPRESS, 4096},
	[WOF_LZX] = {WIMLIB_COMPRESSION_TYPE_LZX, 32768},
	[WOF_XPRESS8K] = {WIMLIB_COMPRESSION_TYPE_XPRESS, 8192},
	[WOF_XPRESS16K] = {WIMLIB_COMPRESSION_TYPE_XPRESS, 16384},
};

int wof_parse_reparse(const void *reparse, size_t size, const char *name, enum wof_format *ret,
		      struct error *err)
{
	const uint8_t *bytes = reparse;
	uint32_t provider, algorithm;

	if (size < REPARSE_PROVIDER_VERSION || get_le32(bytes) != WOF_REPARSE_TAG)
		return error_damaged(err, "'%s': the reparse point of %zu bytes is no WOF one",
				     name, size);
	provider = get_le32(bytes + REPARSE_WOF_PROVIDER);
	if (get_le32(bytes + REPARSE_WOF_VERSION) != 1 || provider != PROVIDER_FILE)
		return error_refused(err, REFUSAL_WOF_UNSUPPORTED, NO_WAY_IN, "'%s': %s", name,
				     provider == PROVIDER_WIM
					     ? "the contents stand in a WIM archive (WIMBoot)"
					     : "the contents are held by an unknown WOF provider");
	if (size < REPARSE_SIZE)
		return error_damaged(err, "'%s': the WOF reparse point of %zu bytes is too short",
				     name, size);
	algorithm = get_le32(bytes + REPARSE_ALGORITHM);
	if (get_le32(bytes + REPARSE_PROVIDER_VERSION) != 1 || algorithm >= WOF_FORMAT_MAX)
		return error_refused(err, REFUSAL_WOF_UNSUPPORTED, NO_WAY_IN,
				     "'%s': unknown WOF compression %" PRIu32, name, algorithm);
	*ret = (enum wof_format)algorithm;
	return 0;
}

static uint64_t chunk_count(enum wof_format format, uint64_t file_size)
{
	return div_round_up(file_size, formats[format].chunk_size);
}

static uint64_t entry_size(uint64_t file_size)
{
	return file_size > UINT32_MAX ? 8 : 4;
}

uint64_t wof_max_stream(enum wof_format format, uint64_t file_size)
{
	uint64_t table, total;

	if (file_size == 0)
		return 0;
	table = (chunk_count(format, file_size) - 1) * entry_size(file_size);
	return add_u64(file_size, table, &total) ? total : UINT64_MAX;
}

struct stream {
	const char *name;
	const uint8_t *table;
	const uint8_t *chunks;
	uint64_t chunks_size;
	uint64_t chunk_count;
	uint64_t entry_size;
};

static int open_stream(struct stream *stream, enum wof_format format, const uint8_t *bytes,
		       size_t size, uint64_t file_size, struct error *err)
{
	uint64_t count = chunk_count(format, file_size);
	uint64_t table = (count - 1) * entry_size(file_size);

	if (table > size)
		return error_damaged(
			err,
			"'%s': compressed stream of %zu bytes has no room for the offsets of "
			"%" PRIu64 " chunks",
			stream->name, size, count);
	stream->table = bytes;
	stream->chunks = bytes + table;
	stream->chunks_size = size - table;
	stream->chunk_count = count;
	stream->entry_size = entry_size(file_size);
	return 0;
}

/* Where chunk 'index' begins; for index = count, where the last one ends. */
static uint64_t chunk_start(const struct stream *stream, uint64_t index)
{
	const uint8_t *entry;

	if (index == 0)
		return 0;
	if (index == stream->chunk_count)
		return stream->chunks_size;
	entry = stream->table + (index - 1) * stream->entry_size;
	return stream->entry_size == 8 ? get_le64(entry) : get_le32(entry);
}

static int read_chunk(const struct stream *stream, uint64_t index, size_t size, uint8_t *out,
		      struct wimlib_decompressor *decompressor, struct error *err)
{
	uint64_t start = chunk_start(stream, index);
	uint64_t end = chunk_start(stream, index + 1);

	if (start >= end || end > stream->chunks_size || end - start > size)
		return error_damaged(
			err,
			"'%s': compressed chunk %" PRIu64 " stands at %" PRIu64 " to %" PRIu64
			", but its contents are %zu bytes and the stream ends at %" PRIu64,
			stream->name, index, start, end, size, stream->chunks_size);
	if (end - start == size)
		memcpy(out, stream->chunks + start, size);
	else if (wimlib_decompress(stream->chunks + start, end - start, out, size, decompressor) !=
		 0)
		return error_damaged(err,
				     "'%s': compressed chunk %" PRIu64 " cannot be decompressed",
				     stream->name, index);
	return 0;
}

static void decompressor_cleanup(struct wimlib_decompressor **decompressor)
{
	wimlib_free_decompressor(*decompressor);
}

static int read_chunks(const struct stream *stream, enum wof_format format, uint64_t file_size,
		       uint8_t *out, size_t wanted, struct error *err)
{
	CLEANUP(decompressor_cleanup) struct wimlib_decompressor *decompressor = NULL;
	CLEANUP_FREE uint8_t *whole = NULL;
	size_t chunk_size = formats[format].chunk_size;
	int r = 0;

	whole = malloc(chunk_size);
	if (!whole ||
	    wimlib_create_decompressor(formats[format].type, chunk_size, &decompressor) != 0)
		return error_failed(err, ENOMEM, "out of memory");
	for (size_t done = 0; r == 0 && done < wanted; done += chunk_size) {
		size_t size = min_u64(chunk_size, file_size - done);
		size_t part = min_u64(size, wanted - done);

		r = read_chunk(stream, done / chunk_size, size, part < size ? whole : out + done,
			       decompressor, err);
		if (r == 0 && part < size)
			memcpy(out + done, whole, part);
	}
	return r;
}

int wof_decompress(enum wof_format format, const struct file_bytes *stream, uint64_t file_size,
		   void *out, size_t wanted, struct error *err)
{
	struct stream parsed = {.name = stream->name};
	int r;

	if (file_size == 0 || wanted == 0)
		return 0;
	r = open_stream(&parsed, format, stream->data, stream->size, file_size, err);
	return r < 0 ? r : read_chunks(&parsed, format, file_size, out, wanted, err);
}
