/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of a disk there is to move, told along the way: see vhd.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "vhd/vhdx_write_blocks.h"
#include "vhd/vhdx_writer.h"

struct vhd_stored {
	struct vhdx_writer w; /* for its comparison with the parent */
	uint64_t offset, count;
};

struct vhd_stored *vhd_stored_new(const struct vhdx_spec *spec, struct disk *contents,
				  struct error *err)
{
	struct vhd_stored *stored = calloc(1, sizeof(*stored));

	if (!stored) {
		error_failed(err, ENOMEM, "out of memory");
		return NULL;
	}
	stored->w = (struct vhdx_writer){
		.spec = spec,
		.contents = contents,
		.parent = spec->type == VHD_TYPE_DIFFERENCING ? spec->parent->disk : NULL,
		.copy = {.disk = contents},
	};
	return stored;
}

void vhd_stored_free(struct vhd_stored *stored)
{
	free(stored);
}

/* Asked of a run once, as on tmpfs asking costs as much as the run is long. */
static int count_file(struct copy_run *run, const struct disk_extent *extent, uint64_t *count)
{
	uint64_t at = extent->file_offset, end = at + extent->length, start, stop;

	while (at < end) {
		int r = copy_find_data(run, extent->fd, at, end, &start, &stop);

		if (r < 0)
			return r;
		*count += start < end ? stop - start : 0;
		at = start < end ? stop : end;
	}
	return 0;
}

static int count_piece(struct vhd_stored *stored, const struct piece *piece)
{
	if (piece->is_same || piece_is_empty(piece))
		return 0;
	if (piece->extent.kind == DISK_DATA)
		return count_file(&stored->w.copy.run, &piece->extent, &stored->count);
	stored->count += piece->extent.length;
	return 0;
}

int vhd_stored_up_to(struct vhd_stored *stored, uint64_t end, uint64_t *ret_bytes,
		     struct error *err)
{
	const char *name = stored->w.contents->name;
	int r = 0;

	stored->w.err = err;
	while (r == 0 && stored->offset < end) {
		struct piece piece;

		r = vhdx_next_piece(&stored->w, stored->offset, end, &piece);
		if (r < 0)
			return r;
		r = count_piece(stored, &piece);
		stored->offset += piece.extent.length;
	}
	*ret_bytes = stored->count;
	return r < 0 ? error_failed(err, -r, "'%s': cannot look for holes: %s", name, strerror(-r))
		     : 0;
}
