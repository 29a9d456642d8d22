/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which distribution a guest is. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_RELEASE_H
#define HVGEN2_CONVERT_GUEST_LINUX_RELEASE_H

#include "common/notes.h"
#include "convert/guest/linux/parse/os_release.h"
#include "convert/linux_files/linux_files.h"

/*
 * Which one a root holds. Returns 1, or 0 when nothing says that it is a root. A file that says so
 * and cannot be read counts as one that does not say which: "Linux", and a sentence in 'warnings'
 * (NULL: it is not said). Errors: lack of memory, I/O.
 */
int linux_read_release(struct linux_files *files, struct os_release *ret,
		       struct note_list *warnings, struct error *err);

#endif
