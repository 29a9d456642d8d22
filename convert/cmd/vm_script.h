/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The script that makes the new VM on its host, from what is known when its disks are planned. */
#ifndef HVGEN2_CONVERT_CMD_VM_SCRIPT_H
#define HVGEN2_CONVERT_CMD_VM_SCRIPT_H

#include "common/buffer.h"
#include "convert/build.h"
#include "convert/cmd/vm.h"
#include "convert/cmd/vm_disks.h"
#include "convert/plan.h"

/* All is borrowed. */
struct vm_script_source {
	struct cmd_vm *vm; /* to whose warnings those of the plan are added */
	const struct vm_disks *disks;
	const struct adapters *adapters; /* of the guest */
	const struct plan *plan;	 /* of the boot disk */
	const struct build *build;
	const struct cmd_vm_wishes *wanted;
	const char *store; /* its path, when it is a guest state file; else NULL */
};

/* Write it into 'out'. Errors: those of vm_plan_make(); -ENOMEM. */
int vm_script_make(const struct vm_script_source *source, struct buffer *out, struct error *err);

#endif
