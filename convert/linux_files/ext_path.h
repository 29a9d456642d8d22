/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a path to an inode. Our own way, because that of libext2fs follows symlinks by recursion,
 * eight deep but any number at each depth. */
#ifndef HVGEN2_CONVERT_LINUX_FILES_EXT_PATH_H
#define HVGEN2_CONVERT_LINUX_FILES_EXT_PATH_H

#include "convert/linux_files/ext_io.h"

struct ext_node {
	ext2_ino_t number;
	struct ext2_inode inode;
};

/* What is at 'path', behind symlinks. Errors as in linux_files.h. */
int ext_path_find(ext2_filsys fs, struct ext_io *io, const char *path, struct ext_node *ret,
		  struct error *err);

#endif
