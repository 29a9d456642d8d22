/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The NTFS volumes of a result, read through libntfs-3g in process. Nothing is shared with the
 * layer that the conversion reads and writes with. What a volume made to mislead can cost is
 * bounded by what is read of it, see device.c.
 */
#ifndef HVGEN2_CONVERT_VERIFY_NTFS_VOLUME_H
#define HVGEN2_CONVERT_VERIFY_NTFS_VOLUME_H

#include <stdbool.h>

#include "common/disk.h"

struct verify_ntfs_volume;

/*
 * Mount read-only. The window is copied, its base is borrowed. ERROR_DAMAGED, with the cause in the
 * message, for a volume that is damaged, hibernated, or whose journal is not closed: a conversion
 * takes none of these and must not make one. 'err' must not be NULL, here and in file.h.
 */
int verify_ntfs_open(const struct disk_window *partition, struct verify_ntfs_volume **ret,
		     struct error *err);
void verify_ntfs_close(struct verify_ntfs_volume **volume);
#define CLEANUP_VERIFY_NTFS CLEANUP(verify_ntfs_close)

/* UTF-8, belongs to the volume; "" when there is none. */
const char *verify_ntfs_label(const struct verify_ntfs_volume *volume);
/* Does the volume ask for chkdsk? */
bool verify_ntfs_is_dirty(const struct verify_ntfs_volume *volume);

#endif
