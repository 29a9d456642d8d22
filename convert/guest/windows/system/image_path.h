/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the file of a driver is: ImagePath of its service, in all forms that name the Windows folder. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_IMAGE_PATH_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_SYSTEM_IMAGE_PATH_H

#include <stdbool.h>

/* Longer ones name no driver that the boot loader loads. */
#define IMAGE_PATH_SIZE 512

/*
 * The path below the Windows folder 'root' ("\\Windows"), as the boot loader wants it:
 * "System32\\drivers\\vmbus.sys". 'image' is what ImagePath says; where that is NULL or empty it is
 * the file of 'service'. False when it names no place below that folder.
 */
bool image_path_relative(const char *image, const char *root, const char *service,
			 char ret[IMAGE_PATH_SIZE]);

/* Does ImagePath begin at the Windows folder already, or says nothing, which means the same? */
bool image_path_is_relative(const char *image);

/* "vmbus.sys". */
const char *image_path_file(const char *path);

#endif
