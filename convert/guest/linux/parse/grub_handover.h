/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grub.cfg on an ESP that a guest has already: does it lead to the guest's own menu? */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_HANDOVER_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_HANDOVER_H

#include "common/bytes.h"

/* Where the menu is, and what it starts. All borrowed. */
struct grub_target {
	const char *uuid;   /* of the file system with /boot */
	const char *prefix; /* GRUB's folder on it, "/boot/grub" */
	const char *kernel; /* that the menu's default starts */
};

/*
 * NULL when it does: it searches for the file system by its UUID, and hands over to grub.cfg in the
 * folder, takes entries of the Boot Loader Specification, or is itself a menu that names this
 * kernel. Otherwise why not, a clause. Nothing is executed: what stands within 'if' counts.
 */
const char *grub_handover_trouble(const struct file_bytes *file, const struct grub_target *target);

#endif
