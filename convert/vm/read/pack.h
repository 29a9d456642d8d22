/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A tree as bytes, for the way from the process that reads a configuration in the sandbox to the
 * one that goes on with it. The reader of a format is large, this one is a page: what comes out of
 * the sandbox is checked by it as if it were hostile.
 *
 *   each node, in the order of the tree: depth (1 byte, from 1), type (1), number (8), size of the
 *   name (1), size of the data (4), name, data; little-endian
 *   then 0, and each warning: size (4), text
 */
#ifndef HVGEN2_CONVERT_VM_READ_PACK_H
#define HVGEN2_CONVERT_VM_READ_PACK_H

#include "convert/vm/read/tree.h"

/* What a packed tree takes at most. */
#define VM_MAX_PACKED (VM_MAX_BYTES + VM_MAX_NODES * 16U + (1U << 20))

void vm_pack(const struct vm_tree *tree, struct buffer *ret);

/* Errors: ERROR_DAMAGED for what vm_pack() never makes; -ENOMEM. On failure *ret is untouched. */
int vm_unpack(const uint8_t *data, size_t size, struct vm_tree *ret, struct error *err);

#endif
