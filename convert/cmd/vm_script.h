/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What makes the new VM on its host, from what is known when its disks are planned. */
#ifndef HVGEN2_CONVERT_CMD_VM_SCRIPT_H
#define HVGEN2_CONVERT_CMD_VM_SCRIPT_H

#include "common/buffer.h"
#include "convert/build.h"
#include "convert/cmd/outputs.h"
#include "convert/cmd/vm.h"
#include "convert/cmd/vm_disks.h"
#include "convert/plan.h"
#include "convert/survey.h"

/* --define FORM[,FORM...], or none. Errors: ERROR_USAGE. */
int vm_forms_parse(const char *argument, struct cmd_vm_options *options, struct error *err);

/* What is made where nothing was said, and what the forms want of the outputs. */
void vm_forms_choose(struct cmd_vm_options *options, struct output_options *output);

/* The forms of a VM, and what is known of their places. Embedded; all zero is empty. */
struct vm_forms {
	struct buffer texts[WRITE_FORM_MAX];
	char *folder, *folder_of_store; /* of the disks and the store, absolute */
};

void vm_forms_done(struct vm_forms *forms);

/* Before the paths are shut: can the VM of each form have such outputs, and where will they be?
 * Errors: ERROR_USAGE; -ENOMEM. */
int vm_forms_open(const struct cmd_vm_options *options, const struct output_names *names,
		  struct vm_forms *ret, struct error *err);

/* Is any form wanted, or is the new VM made by hand? */
bool vm_forms_are_wanted(const struct write_paths *paths);

/* All is borrowed. */
struct vm_script_source {
	struct cmd_vm *vm; /* to whose warnings those of the plan are added */
	const struct vm_disks *disks;
	const struct survey *survey; /* of the boot disk, which has a Windows */
	const struct plan *plan;     /* of the boot disk */
	const struct build *build;
	const struct cmd_vm_wishes *wanted;
	enum nvram_format store_format;	 /* when there is one */
	const struct write_paths *paths; /* of the outputs, and which forms are wanted */
};

/* Write each form that is wanted. Errors: those of vm_plan_make(), kvm_machine_make(),
 * gen2_tree_make() and emit_xml5(); ERROR_USAGE for a store or a configuration that a form cannot
 * have; -ENOMEM. */
int vm_script_make(const struct vm_script_source *source, struct vm_forms *forms,
		   struct error *err);

#endif
