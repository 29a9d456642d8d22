/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A configuration of version 5.0 as a file, with the UEFI variables of a generation 2 VM. */
#ifndef HVGEN2_CONVERT_VM_EMIT_XML5_DOCUMENT_H
#define HVGEN2_CONVERT_VM_EMIT_XML5_DOCUMENT_H

#include "common/buffer.h"
#include "convert/vm/emit/plan.h"
#include "convert/vm/read/tree.h"

/*
 * Append the file, as Server 2012 R2 writes it: UTF-16LE with its mark, lines that end with CR LF.
 * 'tree' is one that was read from such a file, or made of one. The variables are those that a host
 * of its time writes, an entry for each adapter and for the boot disk, and in front of them one for
 * Windows' boot manager; no keys of Secure Boot, which the real one has not either, though Secure
 * Boot is on. Errors: those of nvram_update(); -ENOMEM.
 */
int emit_xml5(const struct vm_tree *tree, const struct vm_plan *plan, struct buffer *out,
	      struct error *err);

#endif
