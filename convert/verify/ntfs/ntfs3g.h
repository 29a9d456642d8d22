/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The headers of libntfs-3g as the readers of 'verify' include them, apart from convert/ntfs/ntfs3g.h.
 * They name types that they do not declare: what stands before them is what they need.
 */
#ifndef HVGEN2_CONVERT_VERIFY_NTFS_NTFS3G_H
#define HVGEN2_CONVERT_VERIFY_NTFS_NTFS3G_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h> /* else they declare struct timespec once more */
#include <time.h>     /* and time() */

#include <ntfs-3g/attrib.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/logfile.h>
#include <ntfs-3g/logging.h>
#include <ntfs-3g/volume.h>

#endif
