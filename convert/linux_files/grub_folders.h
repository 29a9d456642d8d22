/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is in the folders that are looked into most, which GRUB lists in one call: each question costs a
 * process, and most are for files that are not there. */
#ifndef HVGEN2_CONVERT_LINUX_FILES_GRUB_FOLDERS_H
#define HVGEN2_CONVERT_LINUX_FILES_GRUB_FOLDERS_H

#include <stdbool.h>
#include <stddef.h>

#define GRUB_FOLDERS_MAX 64
/* Of the paths that GRUB is asked for at once, with line ends between. */
#define GRUB_FOLDERS_TEXT 4096

/* Embedded; all zero is none; memory belongs to it. */
struct grub_folders {
	struct grub_folder {
		char *path;  /* with a slash at its end */
		char *names; /* each with a space behind it, and a slash before that for a folder */
	} list[GRUB_FOLDERS_MAX];
	size_t count;
};

void grub_folders_done(struct grub_folders *folders);

/* The folders to ask for, of a system whose root is at 'top', as GRUB_READER_NAMES wants them. With
 * 'top' "" also those by which it is found. */
void grub_folders_paths(const char *top, char ret[GRUB_FOLDERS_TEXT]);

/*
 * Take in what GRUB answered for these paths. Of a folder that it did not list to the end, and of
 * one with a line end in a name, nothing is known; of none, when the answer is not what it should
 * be, or there is no memory.
 */
void grub_folders_take(struct grub_folders *folders, const char *paths, const char *text,
		       size_t size);

/* How long the line is that stands in front and tells what is on the device; 0 when it cannot be told
 * from the folders: a label, too, may have a line end, or look like the start of an answer. */
size_t grub_folders_device(const char *paths, const char *text, size_t size);

/* Is it known to be a folder? */
bool grub_folders_has(const struct grub_folders *folders, const char *path);

/* Is it known that nothing is at 'path', from the top of the file system? */
bool grub_folders_lack(const struct grub_folders *folders, const char *path);

#endif
