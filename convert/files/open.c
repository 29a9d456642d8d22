/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which file system a volume has, and what opens it: see files.h. Apart from what uses an open one,
 * as the kinds do. */
#include "convert/files/files.h"
#include "convert/files/kinds.h"

bool files_can_open(enum filesystem filesystem)
{
	return filesystem == FILESYSTEM_NTFS || filesystem == FILESYSTEM_FAT;
}

int files_open_at(struct disk *disk, const struct volume_place *place, struct files **ret,
		  struct error *err)
{
	enum filesystem filesystem = FILESYSTEM_UNKNOWN;
	struct disk_window window;
	int r = disk_window_init(&window, disk, place->offset, place->length, err);

	if (r == 0)
		r = filesystem_probe(&window.disk, &filesystem, err);
	if (r < 0)
		return r;
	switch (filesystem) {
	case FILESYSTEM_NTFS:
		return files_open_ntfs(disk, place, ret, err);
	case FILESYSTEM_FAT:
		return files_open_fat(disk, place, ret, err);
	default:
		return error_damaged(err, "its file system (%s) cannot be read",
				     filesystem_text(filesystem));
	}
}
