/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What grub-fstest prints (GRUB 2.06 and later, in English): its errors, and a folder by 'ls -la'. */
#ifndef HVGEN2_CONVERT_LINUX_FILES_GRUB_WORDS_H
#define HVGEN2_CONVERT_LINUX_FILES_GRUB_WORDS_H

#include <stddef.h>

#include "common/error.h"
#include "convert/linux_files/contents.h"

/*
 * Why GRUB could not open 'path', by what it said: -EISDIR (a folder, or what is neither file nor
 * folder), -ENOENT, -ENOTDIR and -ELOOP as ERROR_FAILED; anything else as ERROR_DAMAGED, in its words.
 */
int grub_words_error(const char *said, const char *path, struct error *err);

/*
 * The names in a folder, out of 'text' with its 'size' bytes, without "." and ".."; to be released
 * with linux_files_names_free(). Those that GRUB cannot open are not among them: symlinks to nothing
 * or to folders, devices. ERROR_DAMAGED for more than 65536 names, and for one with a line end, which
 * cannot be told from two.
 */
int grub_words_names(const char *text, size_t size, char ***ret_names, size_t *ret_count,
		     struct error *err);

/* What is on a device, by a line like "Partition X: Filesystem type xfs, UUID 8fc1...": kind and UUID
 * alone; LINUX_NOTHING for what is no file system that can hold a Linux. */
void grub_words_probe(const char *text, struct linux_volume_id *ret);

#endif
