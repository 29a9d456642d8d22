/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel that starts by default, and its initramfs: can UEFI start it, and does it find its
 * disk on Hyper-V? */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_KERNEL_CHECK_H
#define HVGEN2_CONVERT_GUEST_LINUX_KERNEL_CHECK_H

#include "common/notes.h"
#include "convert/guest/linux/linux.h"
#include "convert/linux_files/linux_files.h"

/*
 * Look at both, by what the menu says, and fill system->starts.version. 'root' is NULL where it
 * cannot be read. Of the other kernels of the menu only warnings are made, also of what is of this
 * host, and their initramfs are looked at up to 256 MiB together. Errors: REFUSAL_LINUX_BOOT_MENU,
 * REFUSAL_LINUX_X86, REFUSAL_LINUX_TOO_OLD, REFUSAL_NO_HYPERV_DRIVERS; ERROR_DAMAGED
 * when the file system is damaged where it is read; lack of memory, I/O.
 */
int linux_kernel_check(struct linux_files *boot, struct linux_files *root,
		       struct linux_system *system, struct note_list *warnings, struct error *err);

#endif
