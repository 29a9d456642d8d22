/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files compressed by the Windows Overlay Filter: reparse point, chunk table, chunks. The guest
 * supplies all of them. Input: one byte for the format, three for the size of the file, two for how
 * much of it is wanted, then the stream; the stream is taken as a reparse point as well.
 */
#include <stdlib.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "convert/ntfs/wof.h"
#include "tests/fuzz/fuzz.h"

#define HEADER 6

static void decompress(enum wof_format format, uint64_t file_size, size_t wanted,
		       const uint8_t *stream, size_t size)
{
	/*
	 * Exactly as large as allowed, so that AddressSanitizer sees every byte written beyond it.
	 */
	CLEANUP_FREE uint8_t *out = malloc(wanted ? wanted : 1);
	struct error err = ERROR_INIT;

	if (size > wof_max_stream(format, file_size))
		return; /* the reader of the stream stops there */
	if (out &&
	    wof_decompress(format, &(struct file_bytes){stream, size, "fuzz"}, file_size, out,
			   wanted, &err) < 0 &&
	    err.kind == ERROR_NONE)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum wof_format format;
	uint64_t file_size;

	if (size < HEADER)
		return 0;
	file_size = get_le32(data) >> 8;
	if (wof_parse_reparse(data + HEADER, size - HEADER, "fuzz", &format, NULL) == 0 &&
	    format >= WOF_FORMAT_MAX)
		abort();
	decompress(data[0] % WOF_FORMAT_MAX, file_size, file_size, data + HEADER, size - HEADER);
	decompress(data[0] % WOF_FORMAT_MAX, file_size, min_u64(get_le16(data + 4), file_size),
		   data + HEADER, size - HEADER);
	return 0;
}
