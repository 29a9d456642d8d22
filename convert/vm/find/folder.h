/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names in folders, as Windows compares them, and through no symbolic link. */
#ifndef HVGEN2_CONVERT_VM_FIND_FOLDER_H
#define HVGEN2_CONVERT_VM_FIND_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

/* An open folder and its path, which ends in no slash unless it is one, and may be ".". */
struct folder {
	int fd; /* with O_PATH; -1 when it is not there */
	char *path;
};

#define FOLDER_INIT                                                                                \
	{                                                                                          \
		.fd = -1                                                                           \
	}
void folder_close(struct folder *folder);
#define CLEANUP_FOLDER CLEANUP(folder_close)

/* A folder that the user has named, by whatever way. Errors: ERROR_FAILED. */
int folder_open(const char *path, struct folder *ret, struct error *err);

/*
 * A folder in a folder, by its name without regard to case; a symbolic link is none. -ENOENT,
 * without a message, when there is none.
 */
int folder_enter(const struct folder *folder, const char *name, struct folder *ret,
		 struct error *err);

/* The folder above, whatever it is called, and by its own way, should 'folder' be a symbolic
 * link. */
int folder_leave(const struct folder *folder, struct folder *ret, struct error *err);

/*
 * Open a regular file for reading, by its name without regard to case. *ret_path is new and to be
 * freed. -ENOENT, without a message, when there is none; *ret_is_special: there is something of
 * that name, but it is no regular file.
 */
int folder_open_file(const struct folder *folder, const char *name, int *ret_fd, char **ret_path,
		     bool *ret_is_special, struct error *err);

/* The names of all entries, sorted, to be freed with folder_names_free(). */
int folder_list(const struct folder *folder, char ***ret, size_t *ret_count, struct error *err);
void folder_names_free(char **names, size_t count);

/* "FOLDER/NAME", to be freed; just the name in ".". NULL when out of memory. */
char *folder_path(const struct folder *folder, const char *name);

#endif
