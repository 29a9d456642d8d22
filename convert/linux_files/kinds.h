/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file systems behind linux_files.h: one is a 'struct linux_files_ops' and a line in open.c. */
#ifndef HVGEN2_CONVERT_LINUX_FILES_KINDS_H
#define HVGEN2_CONVERT_LINUX_FILES_KINDS_H

#include "convert/linux_files/linux_files.h"

/* What cannot be opened; an argument for error_refused(). */
#define LINUX_UNREADABLE_ADVICE                                                                    \
	"in the guest, move /boot to an ext4 file system without special features first: ext2, "   \
	"ext3, ext4, XFS and Btrfs are read, as far as GRUB reads them"

struct linux_stream_ops {
	int (*read)(struct linux_stream *stream, void *buffer, size_t size, size_t *ret_got,
		    struct error *err);
	void (*close)(struct linux_stream *stream);
};

struct linux_stream {
	const struct linux_stream_ops *ops;
	uint64_t size;
};

struct linux_files_ops {
	/* What is at 'path'; nothing is an error here. */
	int (*find)(struct linux_files *files, const char *path, enum linux_file_type *ret,
		    uint64_t *ret_size, struct error *err);
	/* As linux_files_list(), in any order. */
	int (*list)(struct linux_files *files, const char *path, char ***ret_names,
		    size_t *ret_count, struct error *err);
	/* A regular file; anything else is an error. One of more than 'most' bytes may be ERROR_DAMAGED
	 * with -EFBIG: nobody reads it. */
	int (*open)(struct linux_files *files, const char *path, uint64_t most,
		    struct linux_stream **ret, struct error *err);
	const char *(*grub_trouble)(const struct linux_files *files);
	/* NULL: the system's root is the top */
	const char *(*top)(const struct linux_files *files);
	void (*close)(struct linux_files *files);
};

struct linux_files {
	const struct linux_files_ops *ops;
};

/* As linux_files_open(), of a volume with that file system. */
int linux_files_open_ext(struct disk *disk, struct linux_files **ret, struct error *err);

/* As linux_files_open_by_grub(); on a file system with subvolumes the system's root is looked for. */
int linux_files_open_grub(struct grub_reader *reader, const char *device, bool has_subvolumes,
			  struct linux_files **ret, struct error *err);

#endif
