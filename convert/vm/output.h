/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the images of the generation 2 VM are: what whoever defines the VM on its host needs beside
 * its settings (vm.h). Drives that are not listed have no image here: DVDs keep their path.
 */
#ifndef HVGEN2_CONVERT_VM_OUTPUT_H
#define HVGEN2_CONVERT_VM_OUTPUT_H

#include "convert/vm/vm.h"

/* All is borrowed. */
struct vm_output {
	const struct vm_controller *controller; /* the old one */
	const struct vm_drive *drive; /* whose 'target' is the new place; the boot disk too */
	const char *path; /* of the file that is made on this host, the final name; NULL: the VM has
			     drive->path, on its own host (VM_DISK_ATTACH) */
};

/* Name the files in the rows of the drives' paths. -ENOMEM. */
int vm_outputs_tell(struct vm *vm, const struct vm_output *outputs, size_t count,
		    struct error *err);

/* What a drive's file is called beside the others: "ide0-1", "scsi0-2" in 'text'. Returns it. */
const char *vm_slot_name(const struct vm_controller *controller, const struct vm_drive *drive,
			 char text[VM_SLOT_TEXT]);

#endif
