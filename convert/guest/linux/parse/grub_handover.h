/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grub.cfg on an ESP that a guest has already: does it lead to the guest's own menu? */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_HANDOVER_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_GRUB_HANDOVER_H

#include "common/bytes.h"
#include "common/error.h"

/* Where the menu is, and what it starts. All borrowed. */
struct grub_target {
	const char *uuid;   /* of the file system with /boot */
	const char *top;    /* where 'prefix' begins on it, as this GRUB counts: "/@", mostly "" */
	const char *prefix; /* GRUB's folder, "/boot/grub" */
	const char *kernel; /* that the menu's default starts */
};

/*
 * *ret is NULL when it does: it searches for the file system by its UUID, and there hands over to
 * grub.cfg in the folder, takes entries of the Boot Loader Specification, or is itself a menu that
 * names this kernel. Otherwise why not, a clause. Nothing is executed: what stands within 'if'
 * counts, and of two searches or assignments for one variable the last. Errors: those of this
 * machine alone (ENOMEM).
 */
int grub_handover_trouble(const struct file_bytes *file, const struct grub_target *target,
			  const char **ret, struct error *err);

#endif
