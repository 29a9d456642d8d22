/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files compressed by the Windows Overlay Filter ("Compact OS"): a reparse point says how, the
 * unnamed stream reads as zeros, and the stream WofCompressedData holds the contents
 * ([MS-FSCC] 2.1.2.1 for the tag; layout as written by wimlib and Windows 10). Decompression is
 * libwim's.
 */
#ifndef HVGEN2_CONVERT_NTFS_WOF_H
#define HVGEN2_CONVERT_NTFS_WOF_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/error.h"

#define WOF_REPARSE_TAG UINT32_C(0x80000017) /* IO_REPARSE_TAG_WOF */
#define WOF_STREAM	"WofCompressedData"

enum wof_format {
	WOF_XPRESS4K = 0,
	WOF_LZX = 1,
	WOF_XPRESS8K = 2,
	WOF_XPRESS16K = 3,
	WOF_FORMAT_MAX
};

/*
 * Read the reparse point, its header of 8 bytes included. 'name' is for messages.
 * Errors: REFUSAL_WOF_UNSUPPORTED (contents in a WIM archive, unknown provider or algorithm),
 * ERROR_DAMAGED.
 */
int wof_parse_reparse(const void *reparse, size_t size, const char *name, enum wof_format *ret,
		      struct error *err);

/*
 * The most bytes a stream for a file of 'file_size' bytes can take: table of chunks and all chunks
 * stored raw.
 */
uint64_t wof_max_stream(enum wof_format format, uint64_t file_size);

/*
 * Decompress the first 'wanted' bytes of a file of 'file_size' bytes from its whole stream, named
 * as the file, into 'out', which has room for 'wanted' (<= file_size). ERROR_DAMAGED when table or
 * chunks are not sound.
 */
int wof_decompress(enum wof_format format, const struct file_bytes *stream, uint64_t file_size,
		   void *out, size_t wanted, struct error *err);

#endif
