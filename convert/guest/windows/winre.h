/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The recovery environment of the guest finds itself on the new disk: its ReAgent.xml files are
 * edited in place.
 */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_WINRE_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_WINRE_H

#include "convert/edit.h"
#include "convert/guest/disk.h"

/*
 * Edit '\Windows\System32\Recovery\ReAgent.xml' of every Windows and
 * '\Recovery\WindowsRE\ReAgent.xml' of every NTFS partition on 'new'. With 'is_lost' no boot entry
 * starts a recovery environment any more, and the files say that it is off. Files that are missing
 * are not an error; one that cannot be understood is a warning.
 */
int winre_convert(const struct guest_disk *new, const struct moved_disk *moved, bool is_lost,
		  struct edits *edits, struct error *err);

#endif
