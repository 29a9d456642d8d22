/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The headers of libntfs-3g, in the order they need. They are not self-contained: without
 * <sys/stat.h> before them they declare 'struct timespec' once more. Nothing else in this
 * room includes them.
 */
#ifndef HVGEN2_CONVERT_NTFS_NTFS3G_H
#define HVGEN2_CONVERT_NTFS_NTFS3G_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include <ntfs-3g/types.h>

#include <ntfs-3g/layout.h>

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/device.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/logfile.h>
#include <ntfs-3g/logging.h>
#include <ntfs-3g/ntfstime.h>
#include <ntfs-3g/reparse.h>
#include <ntfs-3g/volume.h>

/* The library's own macros for this shift a signed 1, which strict warnings refuse. */
#define NTFS3G_CLEAR(state, bit) ((state) &= ~(1UL << (bit)))

#endif
