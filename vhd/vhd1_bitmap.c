/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data under clear bits of a dynamic VHD: see vhd1_bitmap.h. */
#include "vhd/vhd1_bitmap.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "vhd/bits.h"
#include "vhd/io.h"
#include "vhd/vhd1_format.h"

#define SAMPLE_BLOCKS 1024
#define SAMPLE_BYTES  (32 * MIB)
#define PIECE	      (64 * KIB)

struct sample {
	struct vhd1 *vhd;
	struct findings *findings;
	uint8_t *bitmap;
	uint8_t *data; /* PIECE bytes */
	uint64_t budget;
	struct error *err;
};

/* The first of the bytes [at, end) of the file that is not zero, 'end' when there is none. */
static int find_byte(struct sample *s, uint64_t at, uint64_t end, uint64_t *ret)
{
	const struct image_file *file = &s->vhd->image.file;
	uint64_t start, stop;
	int r = io_find_data(file->fd, at, end, &start, &stop);

	*ret = end;
	if (r < 0)
		return error_failed(s->err, -r, "'%s': cannot look for holes: %s", file->path,
				    strerror(-r));
	while (start < stop && s->budget > 0) {
		size_t n = (size_t)min_u64(min_u64(PIECE, s->budget), stop - start);

		r = image_file_read(file, s->data, n, start, s->err);
		if (r < 0)
			return r;
		s->budget -= n;
		if (is_zero(s->data, n)) {
			start += n;
			continue;
		}
		*ret = start;
		for (size_t i = 0; s->data[i] == 0; i++)
			(*ret)++;
		return 0;
	}
	return 0;
}

/* The sectors of a block that starts, with its bitmap, at 'at' of the file. */
static int look_into_block(struct sample *s, uint64_t block, uint64_t at)
{
	const struct vhd1 *vhd = s->vhd;
	uint64_t used =
		min_u64(vhd->block_size, vhd->image.info.virtual_size - block * vhd->block_size);
	uint64_t sectors = used / VHD1_SECTOR, data = at + vhd->bitmap_size, run, found;
	int r = image_file_read(&vhd->image.file, s->bitmap, vhd->bitmap_size, at, s->err);

	for (uint64_t i = 0; i < sectors && r == 0 && s->budget > 0; i += run) {
		bool here;

		run = bit_run(s->bitmap, i, sectors - i, HIGHEST_FIRST, &here);
		if (here)
			continue;
		r = find_byte(s, data + i * VHD1_SECTOR, data + (i + run) * VHD1_SECTOR, &found);
		if (r < 0 || found == data + (i + run) * VHD1_SECTOR)
			continue;
		findings_add(s->findings, VHD_WARNING, found,
			     "'%s': block %" PRIu64 ": the byte at %" PRIu64
			     " is not zero, but the bitmap at %" PRIu64
			     " says that its sector was never written; it is read as zeros",
			     vhd->image.file.path, block, found, at);
		return 0;
	}
	return r;
}

static int look_into_blocks(struct sample *s, uint64_t stride)
{
	struct vhd1 *vhd = s->vhd;
	uint64_t seen = 0;
	size_t count;
	int r = 0;

	for (uint64_t block = 0; block < vhd->blocks && r == 0; block += count) {
		const uint8_t *entries;

		r = vhd1_read_bat(vhd, block, &entries, &count, s->err);
		for (size_t i = 0; i < count && r == 0; i++) {
			uint32_t sector = get_be32(entries + i * VHD1_BAT_ENTRY_SIZE);

			if (sector != VHD1_NOT_ALLOCATED && seen++ % stride == 0)
				r = look_into_block(s, block + i, sector * (uint64_t)VHD1_SECTOR);
		}
	}
	return r;
}

int vhd1_note_clear_bits(struct vhd1 *vhd, uint64_t allocated, struct findings *findings,
			 struct error *err)
{
	CLEANUP_FREE uint8_t *bitmap = malloc(vhd->bitmap_size);
	CLEANUP_FREE uint8_t *data = malloc(PIECE);
	struct sample sample = {.vhd = vhd,
				.findings = findings,
				.bitmap = bitmap,
				.data = data,
				.budget = SAMPLE_BYTES,
				.err = err};

	if (vhd->image.info.type != VHD_TYPE_DYNAMIC || allocated == 0)
		return 0;
	if (!bitmap || !data)
		return error_failed(err, ENOMEM, "out of memory");
	return look_into_blocks(&sample, div_round_up(allocated, SAMPLE_BLOCKS));
}
