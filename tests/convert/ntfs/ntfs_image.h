/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * NTFS images for tests: made by mkntfs in a sparse file and filled through libntfs-3g, past the
 * code under test. Every function fails the running test by itself.
 */
#ifndef HVGEN2_TESTS_CONVERT_NTFS_NTFS_IMAGE_H
#define HVGEN2_TESTS_CONVERT_NTFS_NTFS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"
#include "convert/ntfs/ntfs3g.h"

/* False when mkntfs is not installed: the test is to be skipped. */
bool image_can_make(void);

/* A new file system over the whole of the file 'path', which is replaced. */
void image_make(const char *path, uint64_t size, unsigned int cluster_size);

/* The same with sectors of 512 or 4096 bytes. */
void image_make_sectors(const char *path, uint64_t size, unsigned int cluster_size,
			unsigned int sector_size);

/* Mount for filling; image_unmount() writes all back. */
ntfs_volume *image_mount(const char *path);
void image_unmount(ntfs_volume *volume);

/* Add a file, with folders on the way, at "Windows/System32/winload.efi". */
void image_add(ntfs_volume *volume, const char *path, const void *data, size_t size);
/* The same with an LZNT1-compressed stream. */
void image_add_compressed(ntfs_volume *volume, const char *path, const void *data, size_t size);
/* A file of 'size' bytes that is a hole but for 'tail', its last bytes. */
void image_add_sparse(ntfs_volume *volume, const char *path, uint64_t size, const void *tail,
		      size_t tail_size);
/* Add a named stream to a file. */
void image_add_stream(ntfs_volume *volume, const char *path, const char *name, const void *data,
		      size_t size);
/* Give a file a reparse point: 'reparse' with its header of 8 bytes. */
void image_set_reparse(ntfs_volume *volume, const char *path, const void *reparse, size_t size);

/* Add a file in the form that "Compact OS" gives it; 'algorithm' 0 to 3 as in wof.h. */
void image_add_wof(ntfs_volume *volume, const char *path, unsigned int algorithm, const void *data,
		   size_t size);
/* The stream WofCompressedData for 'data'; to be freed. */
uint8_t *image_wof_stream(unsigned int algorithm, const void *data, size_t size, size_t *ret_size);

/*
 * Put restart pages into $LogFile: version 'major'.'minor' and, unless 'clean', a client that never
 * closed it.
 */
void image_set_journal(ntfs_volume *volume, unsigned int major, unsigned int minor, bool clean);

/* The path of an inode's folder or file; close with ntfs_inode_close(). */
ntfs_inode *image_open(ntfs_volume *volume, const char *path);

/* Bytes that compress to about half. */
void image_pattern(uint8_t *bytes, size_t size, uint32_t seed);

/* The file 'path' as a disk; close with disk_close(). */
struct disk *image_disk(const char *path, bool writable);

/*
 * Run a program without a shell, its output into a new string, to be freed (NULL to drop). Returns
 * the exit status.
 */
int image_run(const char *const *argv, char **ret_output);

#endif
