/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of a guest that may be there or not. What is not there is an answer; what cannot be read is
 * none, and is not taken for it.
 */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_READ_H
#define HVGEN2_CONVERT_GUEST_LINUX_READ_H

#include "convert/linux_files/linux_files.h"

#define LINUX_MAX_TEXT (4 << 20) /* no text file of a guest that is read here is larger */

/*
 * Both return 1 when there is a file, or folder, of this name, and 0 when there is none. Errors:
 * ERROR_DAMAGED when the file system is damaged there, and (-EFBIG) when the file is larger than
 * LINUX_MAX_TEXT; REFUSAL_LINUX_UNREADABLE when it is encrypted; lack of memory, I/O.
 */
int linux_read_text(struct linux_files *files, const char *path, uint8_t **ret_data,
		    size_t *ret_size, struct error *err);
int linux_read_folder(struct linux_files *files, const char *path, char ***ret_names,
		      size_t *ret_count, struct error *err);

/* For what is no error when it is the guest's: 0, unless it is of this host, which is passed on. */
int linux_pass_host(const struct error *problem, struct error *err);

#endif
