/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks as flat files: raw images, and fixed VHDs but for their footer. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "vhd/copy.h"
#include "vhd/vhd.h"

/* Progress is told, and a signal waited for, at least so often. */
#define STEP (16 * MIB)

static int copy_all(struct copy *copy, struct error *err)
{
	uint64_t size = copy->disk->size, offset = 0;
	struct disk_extent extent;
	int r = 0;

	while (offset < size && r == 0) {
		r = disk_extent(copy->disk, offset, &extent, err);
		if (r < 0)
			return r;
		if (extent.kind == DISK_DATA || extent.kind == DISK_MEMORY)
			extent.length = min_u64(extent.length, STEP);
		r = copy_extent(copy, offset, &extent, offset, err);
		offset += extent.length;
		copy_tell(copy, offset);
	}
	return r < 0 ? r : copy_finish(copy, err);
}

int raw_write(int fd, const char *name, struct disk *contents, const struct vhd_progress *progress,
	      struct error *err)
{
	CLEANUP_FREE uint8_t *buffer = malloc(COPY_BUFFER);
	struct copy copy = {.disk = contents,
			    .fd = fd,
			    .name = name,
			    .buffer = buffer,
			    .behind = {.fd = fd},
			    .progress = progress};

	if (!buffer)
		return error_failed(err, ENOMEM, "out of memory");
	if (ftruncate(fd, (off_t)contents->size) < 0)
		return error_failed(err, errno, "'%s': cannot set the length to %" PRIu64 ": %s",
				    name, contents->size, strerror(errno));
	return copy_all(&copy, err);
}
