/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two places where Windows keeps what it knows of its recovery environment, ReAgent.xml and the
 * boot store, compared. When they do not agree the guest starts, but does not recover; nothing is
 * changed for that, for only Windows can search for the image.
 */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_RECOVERY_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_RECOVERY_H

#include "common/bytes.h"
#include "common/notes.h"
#include "convert/guest/disk.h"

/*
 * Compare the ReAgent.xml of the Windows that starts with the converted store; what does not agree
 * goes to 'warnings', with what to do. A file that is missing or cannot be read is left to
 * winre_convert(). Errors: those of reading the store.
 */
int recovery_check(const struct guest_disk *old, const struct guest_target *target,
		   const struct file_bytes *store, struct note_list *warnings, struct error *err);

#endif
