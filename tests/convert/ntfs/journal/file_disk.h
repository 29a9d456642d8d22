/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A volume in an ordinary file, read-only, as a 'struct disk'; and a disk written to a sparse file. */
#ifndef HVGEN2_TESTS_CONVERT_NTFS_JOURNAL_FILE_DISK_H
#define HVGEN2_TESTS_CONVERT_NTFS_JOURNAL_FILE_DISK_H

#include "common/disk.h"

/* Close with disk_close(). 'path' must outlive the disk. */
int file_disk_open(const char *path, struct disk **ret, struct error *err);

/* Write what is stored of 'disk' to a new file of its size. */
int file_disk_save(struct disk *disk, const char *path, struct error *err);

#endif
