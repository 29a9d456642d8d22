/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file system of a Linux guest as folders and files to read, whichever it is. Nothing is ever
 * written, no journal replayed: what is read is what stands there, as GRUB sees it too.
 *
 * Paths are bytes with slashes, from the root of the file system whether they begin with one or
 * not, at most 4095 long; symlinks are followed within the file system, absolute ones from its root,
 * at most 40 on a way, as Linux does. Messages name the path; which disk and partition it is, the
 * caller adds. Not to be used by two threads at once.
 *
 * Errors of all that takes a path: -ENOENT, -ENOTDIR, -EISDIR, -ELOOP, -ENAMETOOLONG, and -EINVAL
 * for what is neither file nor folder, each as ERROR_FAILED; ERROR_DAMAGED when the file system
 * contradicts itself, or when reading it takes more reads than a sound one can need; I/O; memory.
 */
#ifndef HVGEN2_CONVERT_LINUX_FILES_LINUX_FILES_H
#define HVGEN2_CONVERT_LINUX_FILES_LINUX_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/disk.h"
#include "convert/linux_files/contents.h"

struct grub_reader;
struct linux_files;
struct linux_stream;

enum linux_file_type {
	LINUX_FILE_NONE, /* there is nothing */
	LINUX_FILE_REGULAR,
	LINUX_FILE_FOLDER,
	LINUX_FILE_OTHER, /* a device, socket or pipe */
};

/* Can a file system of this kind be opened in this process? And with the help of a reader? */
bool linux_files_can_open(enum linux_contents contents);
bool linux_files_can_open_by_grub(enum linux_contents contents);

/*
 * Open the file system that fills 'disk' (a partition or logical volume), which is borrowed.
 * Errors: REFUSAL_LINUX_UNREADABLE for what cannot be read here: another file system, or features
 * that are not known; ERROR_DAMAGED; I/O; memory.
 */
int linux_files_open(struct disk *disk, struct linux_files **ret, struct error *err);

/*
 * Open a file system of this kind, of the disk that 'reader' reads, which is borrowed: on 'device', as
 * GRUB calls it ("(loop0,msdos1)"). On a Btrfs paths begin in the subvolume with the system's root,
 * and those that begin with linux_files_top() at the top of the file system. Slower than the other way:
 * a file takes 10 to 30 ms. Errors: REFUSAL_LINUX_UNREADABLE for what GRUB cannot read, and where what
 * it takes is not installed; ERROR_DAMAGED; memory.
 */
int linux_files_open_by_grub(struct grub_reader *reader, const char *device,
			     enum linux_contents contents, struct linux_files **ret,
			     struct error *err);

/* What GRUB finds on 'device', where it cannot be told here (in an array, in a logical volume that
 * is not linear): kind and UUID; LINUX_NOTHING when GRUB cannot read it. Errors as above. */
int linux_files_probe_by_grub(struct grub_reader *reader, const char *device,
			      struct linux_volume_id *ret, struct error *err);

/* The subvolume in which the system's root stands, from the top of the file system ("/@"); "" when it
 * is the top. Belongs to 'files'. */
#define LINUX_FILES_TOP 64
const char *linux_files_top(const struct linux_files *files);

/* All streams must be closed before. */
void linux_files_cleanup(struct linux_files **files);
#define CLEANUP_LINUX_FILES CLEANUP(linux_files_cleanup)

/*
 * A whole file in new memory, to be freed; a NUL stands behind the 'ret_size' bytes. A file of more
 * than 'max_size' bytes is ERROR_DAMAGED with -EFBIG.
 */
int linux_files_read(struct linux_files *files, const char *path, size_t max_size,
		     uint8_t **ret_data, size_t *ret_size, struct error *err);

/* The same of the first 'size' bytes, or of all when the file has less; *ret_file_size is its whole
 * size. */
int linux_files_read_start(struct linux_files *files, const char *path, size_t size,
			   uint8_t **ret_data, size_t *ret_size, uint64_t *ret_file_size,
			   struct error *err);

/* A file to be read in pieces, from its start to its end; *ret_size is its size. Closed before the
 * file system is. */
int linux_stream_open(struct linux_files *files, const char *path, struct linux_stream **ret,
		      uint64_t *ret_size, struct error *err);

/* The next bytes, 'size' of them unless the file ends before; *ret_got is 0 at its end. */
int linux_stream_read(struct linux_stream *stream, void *buffer, size_t size, size_t *ret_got,
		      struct error *err);

void linux_stream_cleanup(struct linux_stream **stream);
#define CLEANUP_LINUX_STREAM CLEANUP(linux_stream_cleanup)

/*
 * What is at 'path', behind symlinks. LINUX_FILE_NONE and 0 when there is nothing, when the way leads
 * through something that is no folder, and when symlinks lead nowhere or in a circle; what is
 * damaged is an error. *ret_size (may be NULL) is 0 but for regular files.
 */
int linux_files_find(struct linux_files *files, const char *path, enum linux_file_type *ret,
		     uint64_t *ret_size, struct error *err);

/*
 * The names in a folder, sorted by their bytes, without "." and ".."; to be released with
 * linux_files_names_free(). More than 65536 of them, or a name that no name can be, is
 * ERROR_DAMAGED.
 */
int linux_files_list(struct linux_files *files, const char *path, char ***ret_names,
		     size_t *ret_count, struct error *err);
void linux_files_names_free(char **names, size_t count);

/* A feature of the file system that GRUB 2.06 cannot read, as mke2fs and others name it
 * ("casefold"); NULL when there is none. Static. */
const char *linux_files_grub_trouble(const struct linux_files *files);

#endif
