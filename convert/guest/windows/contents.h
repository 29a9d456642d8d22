/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a system partition holds, told apart by who put it there: Windows and its boot manager, or
 * anybody else. Names are those that Windows Setup, bcdboot and the Windows of the guest write:
 *
 *   \bootmgr \BOOTNXT \BOOTSECT.BAK     the boot manager, and the boot sector before it
 *   \Boot                               its store and logs, memory tester, texts, fonts, pictures
 *   \EFI\Microsoft \EFI\Boot            the same for UEFI ('bcdboot /f ALL', Windows To Go)
 *   \System Volume Information          everything in it
 *   \$RECYCLE.BIN\SID\desktop.ini       but nothing that was thrown away
 *   \$WINRE_BACKUP_PARTITION.MARKER     an empty file that Windows 8 and later leave
 */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_CONTENTS_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_CONTENTS_H

#include "convert/files/files.h"
#include "convert/guest/disk.h"

/*
 * Look at everything in the volume. *ret, which is empty, is to be released with
 * guest_contents_done() in every case. What cannot be read, and what is named like a boot file but
 * holds a named stream, is not Windows' own. Errors: lack of memory and I/O alone.
 */
int contents_read(struct files *files, struct guest_contents *ret, struct error *err);

#endif
