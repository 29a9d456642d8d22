/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The disks of a VM that is converted as a whole: the boot disk, which the pipeline converts, and
 * the others, which keep their content. All of them are named, opened and planned before anything
 * is written.
 */
#ifndef HVGEN2_CONVERT_CMD_VM_DISKS_H
#define HVGEN2_CONVERT_CMD_VM_DISKS_H

#include "convert/cmd/outputs.h"
#include "convert/cmd/vm.h"
#include "convert/plan_image.h"
#include "convert/vm/output.h"
#include "convert/write.h"

/* Embedded; all zero is empty. */
struct vm_disks {
	struct write_data *list; /* data disks that are made, in the order of their slots */
	size_t count;
	struct vm_output *outputs; /* all images of the new VM */
	size_t output_count;
	const char **kept; /* files of the VM that are no source of an output */
	size_t kept_count;
};

/* Name what becomes of the disks of 'vm', which must outlive *ret and learns it for its report.
 * -ENOMEM. */
int vm_disks_name(struct cmd_vm *vm, const struct output_names *names, struct vm_disks *ret,
		  struct error *err);

/*
 * Open the boot disk, or the data disks. Errors, with the place of the drive in front: those of
 * vhd_open(); REFUSAL_NOT_A_DISK_IMAGE for what is raw by its name; ERROR_FAILED when another file
 * has taken the place of the one that was found. And REFUSAL_DISK_CONFLICT, when the file of a
 * drive is a parent of another's.
 */
int vm_disks_open_boot(struct cmd_vm *vm, const struct vhd_open_options *options, struct disk **ret,
		       struct error *err);
int vm_disks_open(struct cmd_vm *vm, const struct vhd_open_options *options, struct vm_disks *disks,
		  struct error *err);

/* How each is written. 'options' has what holds for all. Errors: those of plan_data_disk(). */
int vm_disks_plan(const struct cmd_vm *vm, const struct plan_data_options *options,
		  struct vm_disks *disks, struct error *err);

/* The bytes of all virtual disks that are open. */
uint64_t vm_disks_size(const struct vm_disks *disks);

/* As cmd_source_check(), of all that are open. */
int vm_disks_check(const struct vm_disks *disks, int r, struct error *err);

/* Close the sources; the names stay. */
void vm_disks_close(struct cmd_vm *vm, struct vm_disks *disks);

void vm_disks_done(struct vm_disks *disks);

#endif
