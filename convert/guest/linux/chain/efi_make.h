/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A GRUB of this machine's own, where there is no signed one: it starts with Secure Boot off. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_CHAIN_EFI_MAKE_H
#define HVGEN2_CONVERT_GUEST_LINUX_CHAIN_EFI_MAKE_H

/*
 * Start a process that makes one when it is asked, for most guests need none, and nothing can be
 * started any more once a guest is looked at. It holds nothing open, and ends when all who have its
 * socket have closed it. Returns the socket, to be closed; -1 where grub-mkimage or its modules
 * (Debian: grub-common, grub-efi-amd64-bin) are not there.
 */
int efi_make_start(void);

/*
 * Have it run grub-mkimage, once: an image for x64 of the modules that lead to a guest's menu,
 * without a prefix: it looks for its grub.cfg in the folder that it was started from. Nothing of a
 * guest goes into it. Returns a file in memory, to be closed; -1 when it fails.
 */
int efi_make_grub(int maker);

#endif
