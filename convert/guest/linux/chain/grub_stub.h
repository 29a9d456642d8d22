/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The grub.cfg on the ESP: a dozen lines which find the file system with the guest's /boot and hand
 * over to the guest's own menu, so that later kernel updates in the guest take effect. The text is
 * the same for the same arguments.
 */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_CHAIN_GRUB_STUB_H
#define HVGEN2_CONVERT_GUEST_LINUX_CHAIN_GRUB_STUB_H

#include <stdbool.h>

#include "common/error.h"

struct grub_stub {
	/* Of the file system that holds /boot, as GRUB prints it: hexadecimal and hyphens. */
	const char *uuid;
	/* GPT entry number (1 to 128) of the partition with it, where GRUB is to look first, on its
	 * own disk: another disk may carry the same UUID. 0 for none (LVM, MD). */
	unsigned int hint_entry;
	/* The folder that holds the guest's grub.cfg, from the top of that file system: one of
	 * grub_stub_is_prefix(). */
	const char *prefix;
	bool boot_is_own_volume; /* /boot is a file system of its own */
	bool is_bls;		 /* the guest's menu calls blscfg */
	bool grub_has_blscfg; /* the GRUB on the ESP is the distribution's own, and needs no help */
	bool is_btrfs_relative; /* SUSE on Btrfs and its GRUB: paths in the default subvolume */
};

/*
 * "/grub" and "/grub2" of a /boot of its own; those below /boot; and those below a subvolume of
 * Btrfs, "/@/boot/grub" (Ubuntu, openSUSE), "/@rootfs/boot/grub" (Debian) and "/root/boot/grub2"
 * (Fedora).
 */
bool grub_stub_is_prefix(const char *prefix);

/*
 * Make the text, to be freed. Errors: ERROR_DAMAGED for a UUID that is none; ERROR_FAILED (EINVAL)
 * for a prefix or an entry number that cannot be; ENOMEM.
 */
int grub_stub_make(const struct grub_stub *stub, char **ret_text, struct error *err);

#endif
