/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration of a generation 2 VM out of that of a generation 1 VM, of version 5.0: as a tree,
 * with all that is not changed. After a pair of real ones, made on one host one after the other: they
 * differ in the branches of IDE, floppy, PS/2 and VGA, which the second has not; in the place of the
 * disk; and in 'subtype', 'secure_boot_enabled' and the UEFI variables, which are not of this tree.
 */
#ifndef HVGEN2_CONVERT_VM_EMIT_XML5_GEN2_TREE_H
#define HVGEN2_CONVERT_VM_EMIT_XML5_GEN2_TREE_H

#include "convert/vm/emit/plan.h"
#include "convert/vm/output.h"
#include "convert/vm/read/tree.h"

/* All is borrowed. */
struct gen2_source {
	const struct vm_tree *tree; /* from which 'vm' was extracted */
	const struct vm *vm;
	const struct vm_output *outputs;
	size_t output_count;
	const struct vm_plan *plan;
};

/*
 * *ret is to be released with vm_tree_done() whatever comes of it. New disks are where the old ones
 * were, under their new names. Legacy adapters are left out with a warning in ret->warnings: no
 * configuration shows what a synthetic one made of them has to look like. Errors: ERROR_USAGE when
 * the old VM has not as many SCSI controllers as the new one needs; -ENOMEM.
 */
int gen2_tree_make(const struct gen2_source *source, struct vm_tree *ret, struct error *err);

#endif
