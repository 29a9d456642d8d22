/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where shim and GRUB are taken from for a guest, and what follows for Secure Boot. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_BOOT_FILES_H
#define HVGEN2_CONVERT_GUEST_LINUX_BOOT_FILES_H

#include "convert/guest/guest.h"

/* As guest_kind.boot_files(). */
int linux_boot_files(const struct guest_disk *old, const struct guest_target *target,
		     const struct guest_options *options, struct guest_boot *ret,
		     struct error *err);

#endif
