/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the guest of a VM has a say in, for a verb that makes nothing. */
#ifndef HVGEN2_CONVERT_CMD_VM_GUEST_H
#define HVGEN2_CONVERT_CMD_VM_GUEST_H

#include "convert/build.h"
#include "convert/cmd/vm.h"
#include "convert/sandbox.h"

/* All is borrowed. */
struct vm_guest_look {
	struct survey_options survey;
	const struct build_options *build; /* with the host's files */
	struct sandbox *sandbox;	   /* entered before a byte of the guest's is read */
};

/*
 * Look at the boot disk of 'vm', which cmd_vm_open() has found, and let places of drives and Secure
 * Boot be what a conversion without options makes them. A disk that would be refused is a warning
 * of 'vm', and *problem says why; else that stays as it is. Errors: those of sandbox_enter(); -ENOMEM.
 */
int vm_guest_look(struct cmd_vm *vm, const struct vm_guest_look *look, struct error *problem,
		  struct error *err);

#endif
