/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Streams of an initramfs: see unpack.h. The limits of memory are above what the tools' highest
 * levels need; what the kernel takes is no more (lib/decompress_*.c of Linux).
 */
#include "convert/guest/linux/parse/unpack.h"

#include <bzlib.h>
#include <errno.h>
#include <inttypes.h>
#include <lz4.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "common/bytes.h"
#include "common/checked.h"

#define LZMA_MEMORY (160 * MIB)

static size_t waiting(const struct window *window)
{
	return window->end - window->at;
}

/* One more read behind what waits, which moves to the front. */
static int read_more(struct unpack_input *input, struct error *err)
{
	struct window *window = &input->window;
	size_t got = 0;
	int r;

	memmove(window->data, window->data + window->at, waiting(window));
	window->end -= window->at;
	window->at = 0;
	r = input->source->read(input->source->context, window->data + window->end,
				sizeof(window->data) - window->end, &got, err);
	if (r < 0)
		return r;
	window->end += got;
	input->offset += got;
	input->is_ended = got == 0;
	return 0;
}

int unpack_input_peek(struct unpack_input *input, size_t wanted, struct error *err)
{
	int r = 0;

	while (r == 0 && waiting(&input->window) < wanted && !input->is_ended)
		r = read_more(input, err);
	return r;
}

uint64_t unpack_input_offset(const struct unpack_input *input)
{
	return input->offset - waiting(&input->window);
}

/* --- gzip ------------------------------------------------------------------------------------- */

static bool gzip_open(struct unpack *unpack)
{
	z_stream *stream = calloc(1, sizeof(*stream));

	unpack->state = stream;
	return stream && inflateInit2(stream, 16 + MAX_WBITS) == Z_OK;
}

static bool gzip_step(struct unpack *unpack, struct window *out, bool *ret_ended)
{
	struct window *in = &unpack->input->window;
	z_stream *stream = unpack->state;
	int r;

	stream->next_in = in->data + in->at;
	stream->avail_in = (uInt)waiting(in);
	stream->next_out = out->data;
	stream->avail_out = sizeof(out->data);
	r = inflate(stream, Z_NO_FLUSH);
	in->at = in->end - stream->avail_in;
	out->end = sizeof(out->data) - stream->avail_out;
	*ret_ended = r == Z_STREAM_END;
	unpack->is_out_of_memory = r == Z_MEM_ERROR;
	return r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR;
}

static void gzip_close(struct unpack *unpack)
{
	inflateEnd(unpack->state);
	free(unpack->state);
}

/* --- xz and lzma ------------------------------------------------------------------------------ */

static bool lzma_open_as(struct unpack *unpack,
			 lzma_ret (*decoder)(lzma_stream *stream, uint64_t memory))
{
	lzma_stream *stream = calloc(1, sizeof(*stream));

	unpack->state = stream;
	return stream && decoder(stream, LZMA_MEMORY) == LZMA_OK;
}

static lzma_ret xz_decoder(lzma_stream *stream, uint64_t memory)
{
	return lzma_stream_decoder(stream, memory, 0);
}

static bool xz_open(struct unpack *unpack)
{
	return lzma_open_as(unpack, xz_decoder);
}

static bool lzma_open(struct unpack *unpack)
{
	return lzma_open_as(unpack, lzma_alone_decoder);
}

static bool lzma_step(struct unpack *unpack, struct window *out, bool *ret_ended)
{
	struct window *in = &unpack->input->window;
	lzma_stream *stream = unpack->state;
	lzma_ret r;

	stream->next_in = in->data + in->at;
	stream->avail_in = waiting(in);
	stream->next_out = out->data;
	stream->avail_out = sizeof(out->data);
	r = lzma_code(stream, LZMA_RUN);
	in->at = in->end - stream->avail_in;
	out->end = sizeof(out->data) - stream->avail_out;
	*ret_ended = r == LZMA_STREAM_END;
	unpack->is_out_of_memory = r == LZMA_MEM_ERROR;
	return r == LZMA_OK || r == LZMA_STREAM_END || r == LZMA_BUF_ERROR;
}

static void lzma_close(struct unpack *unpack)
{
	lzma_end(unpack->state);
	free(unpack->state);
}

/* --- bzip2 ------------------------------------------------------------------------------------ */

static bool bzip2_open(struct unpack *unpack)
{
	bz_stream *stream = calloc(1, sizeof(*stream));

	unpack->state = stream;
	return stream && BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK;
}

static bool bzip2_step(struct unpack *unpack, struct window *out, bool *ret_ended)
{
	struct window *in = &unpack->input->window;
	bz_stream *stream = unpack->state;
	int r;

	stream->next_in = (char *)in->data + in->at;
	stream->avail_in = (unsigned int)waiting(in);
	stream->next_out = (char *)out->data;
	stream->avail_out = sizeof(out->data);
	r = BZ2_bzDecompress(stream);
	in->at = in->end - stream->avail_in;
	out->end = sizeof(out->data) - stream->avail_out;
	*ret_ended = r == BZ_STREAM_END;
	unpack->is_out_of_memory = r == BZ_MEM_ERROR;
	return r == BZ_OK || r == BZ_STREAM_END;
}

static void bzip2_close(struct unpack *unpack)
{
	BZ2_bzDecompressEnd(unpack->state);
	free(unpack->state);
}

/* --- zstd ------------------------------------------------------------------------------------- */

static bool zstd_open(struct unpack *unpack)
{
	unpack->state = ZSTD_createDStream();
	return unpack->state && !ZSTD_isError(ZSTD_initDStream(unpack->state));
}

/* 0 is the end of a frame; a next one is the next part of the chain. */
static bool zstd_step(struct unpack *unpack, struct window *out, bool *ret_ended)
{
	struct window *in = &unpack->input->window;
	ZSTD_inBuffer from = {in->data, in->end, in->at};
	ZSTD_outBuffer to = {out->data, sizeof(out->data), 0};
	size_t r = ZSTD_decompressStream(unpack->state, &to, &from);

	in->at = from.pos;
	out->end = to.pos;
	*ret_ended = r == 0;
	unpack->is_out_of_memory = ZSTD_getErrorCode(r) == ZSTD_error_memory_allocation;
	return !ZSTD_isError(r);
}

static void zstd_close(struct unpack *unpack)
{
	ZSTD_freeDStream(unpack->state);
}

/* --- lz4, the legacy format ------------------------------------------------------------------- */

/*
 * A magic number, then blocks: u32 of their size when compressed, and that. Each unpacks to 8 MiB
 * at most. There is no mark of the end: what is no such size is something else.
 */
#define LZ4_BLOCK      (8 * 1024 * 1024)
#define LZ4_COMPRESSED LZ4_COMPRESSBOUND(LZ4_BLOCK)
#define LZ4_MAGIC      0x184c2102U

/* What a byte can unpack to at most: a length goes on for as long as its bytes are 255. */
#define LZ4_RATIO 256

struct lz4 {
	char *compressed, *block;
	size_t wanted, got; /* of the compressed block; none is begun when 0 */
	size_t room;	    /* for the unpacked one */
	size_t size, given; /* of it */
};

static bool lz4_open(struct unpack *unpack)
{
	unpack->state = calloc(1, sizeof(struct lz4));
	return unpack->state;
}

static bool begin_block(struct unpack *unpack, struct lz4 *lz4, size_t size)
{
	free(lz4->compressed);
	free(lz4->block);
	lz4->room = min_u64(LZ4_BLOCK, LZ4_RATIO * size);
	lz4->compressed = malloc(size);
	lz4->block = malloc(lz4->room);
	lz4->wanted = size;
	lz4->got = 0;
	unpack->is_out_of_memory = !lz4->compressed || !lz4->block;
	return !unpack->is_out_of_memory;
}

/* The size of the next block; *ret_ended, and nothing is taken, when there is none. */
static bool read_block_size(struct unpack *unpack, struct lz4 *lz4, bool *ret_ended)
{
	struct window *in = &unpack->input->window;
	uint32_t size = waiting(in) < 4 ? 0 : get_le32(in->data + in->at);

	*ret_ended = size != LZ4_MAGIC && (size == 0 || size > LZ4_COMPRESSED);
	if (*ret_ended)
		return true;
	in->at += 4;
	return size == LZ4_MAGIC || begin_block(unpack, lz4, size);
}

static bool gather_block(struct window *in, struct lz4 *lz4)
{
	size_t part = min_u64(waiting(in), lz4->wanted - lz4->got);
	int size;

	memcpy(lz4->compressed + lz4->got, in->data + in->at, part);
	in->at += part;
	lz4->got += part;
	if (lz4->got < lz4->wanted)
		return true;
	size = LZ4_decompress_safe(lz4->compressed, lz4->block, (int)lz4->wanted, (int)lz4->room);
	lz4->wanted = 0;
	lz4->size = size > 0 ? (size_t)size : 0;
	lz4->given = 0;
	return size >= 0;
}

static bool lz4_step(struct unpack *unpack, struct window *out, bool *ret_ended)
{
	struct lz4 *lz4 = unpack->state;

	*ret_ended = false;
	if (lz4->given < lz4->size) {
		out->end = min_u64(sizeof(out->data), lz4->size - lz4->given);
		memcpy(out->data, lz4->block + lz4->given, out->end);
		lz4->given += out->end;
		return true;
	}
	if (lz4->wanted == 0)
		return read_block_size(unpack, lz4, ret_ended);
	return gather_block(&unpack->input->window, lz4);
}

static void lz4_close(struct unpack *unpack)
{
	struct lz4 *lz4 = unpack->state;

	free(lz4->compressed);
	free(lz4->block);
	free(lz4);
}

/* --- all of them ------------------------------------------------------------------------------ */

static const struct unpack_format formats[] = {
	{"gzip", "\x1f\x8b", 2, 1, gzip_open, gzip_step, gzip_close},
	{"xz", "\xfd\x37zXZ", 5, 1, xz_open, lzma_step, lzma_close},
	{"zstd", "\x28\xb5\x2f\xfd", 4, 1, zstd_open, zstd_step, zstd_close},
	{"lz4", "\x02\x21\x4c\x18", 4, 4, lz4_open, lz4_step, lz4_close},
	{"bzip2", "BZh", 3, 1, bzip2_open, bzip2_step, bzip2_close},
	{"lzma", "\x5d\0\0", 3, 1, lzma_open, lzma_step, lzma_close},
};

const struct unpack_format *unpack_find(const struct unpack_input *input)
{
	const struct window *in = &input->window;

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (waiting(in) >= formats[i].magic_size &&
		    memcmp(in->data + in->at, formats[i].magic, formats[i].magic_size) == 0)
			return &formats[i];
	return NULL;
}

static int out_of_memory(const struct unpack *unpack, const struct unpack_format *format,
			 struct error *err)
{
	return error_failed(err, ENOMEM, "'%s': out of memory for %s", unpack->input->source->name,
			    format->name);
}

int unpack_open(struct unpack *unpack, const struct unpack_format *format,
		struct unpack_input *input, struct error *err)
{
	*unpack = (struct unpack){.input = input};
	if (!format->open(unpack)) {
		free(unpack->state);
		unpack->state = NULL;
		return out_of_memory(unpack, format, err);
	}
	unpack->format = format;
	return 0;
}

static int damaged(const struct unpack *unpack, const char *what, struct error *err)
{
	return error_damaged(err, "'%s': offset %" PRIu64 ": %s that %s",
			     unpack->input->source->name, unpack_input_offset(unpack->input),
			     unpack->format->name, what);
}

/* One step, which must lead somewhere. */
static int step(struct unpack *unpack, struct window *out, struct error *err)
{
	uint64_t before;
	int r = unpack_input_peek(unpack->input, unpack->format->step_input, err);

	if (r < 0)
		return r;
	before = unpack_input_offset(unpack->input);
	if (!unpack->format->step(unpack, out, &unpack->is_ended))
		return unpack->is_out_of_memory ? out_of_memory(unpack, unpack->format, err)
						: damaged(unpack, "is damaged", err);
	if (out->end == 0 && !unpack->is_ended && before == unpack_input_offset(unpack->input))
		return damaged(unpack, "is cut off", err);
	return 0;
}

int unpack_fill(struct unpack *unpack, struct window *out, struct error *err)
{
	int r = 0;

	out->at = out->end = 0;
	while (r == 0 && out->end == 0 && !unpack->is_ended)
		r = step(unpack, out, err);
	return r;
}

void unpack_close(struct unpack *unpack)
{
	if (unpack->format)
		unpack->format->close(unpack);
	*unpack = (struct unpack){.format = NULL};
}
