/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which distribution a guest is. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_RELEASE_H
#define HVGEN2_CONVERT_GUEST_LINUX_RELEASE_H

#include "common/notes.h"
#include "convert/guest/linux/parse/os_release.h"
#include "convert/linux_files/linux_files.h"

enum linux_release {
	LINUX_RELEASE_NONE,    /* nothing says that it is a root */
	LINUX_RELEASE_READ,    /* *ret says which one it holds */
	LINUX_RELEASE_DAMAGED, /* what may say so cannot be read: *ret is "Linux" */
};

/*
 * Which one a root holds: one of the values above. What cannot be read is a sentence in 'warnings'
 * (NULL: it is not said). Errors: lack of memory, I/O.
 */
int linux_read_release(struct linux_files *files, struct os_release *ret,
		       struct note_list *warnings, struct error *err);

#endif
