/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text that LVM2 keeps its metadata in, as a tree (lvm2, lib/config; lvm.conf(5) has the same
 * form):
 *
 *   name { ... }      a section
 *   name = 1          a whole number; others are read over
 *   name = "text"     with \" and \\ in it
 *   name = [ ... ]    a list of these
 *   # to the end of the line
 */
#ifndef HVGEN2_CONVERT_LINUX_FILES_LVM_TEXT_H
#define HVGEN2_CONVERT_LINUX_FILES_LVM_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum lvm_kind { LVM_SECTION, LVM_LIST, LVM_NUMBER, LVM_STRING, LVM_OTHER };

struct lvm_node {
	enum lvm_kind kind;
	const char *name; /* "" for what stands in a list */
	const char *text; /* LVM_STRING */
	uint64_t number;  /* LVM_NUMBER */
	struct lvm_node *first, *next;
};

struct lvm_tree;

/*
 * Parse 'size' bytes, of which as many count as stand before a NUL; they are copied. 'at' is where
 * they stand on the disk, for messages. The whole is a section, *ret_root, which belongs to the
 * tree. Errors: ERROR_DAMAGED with the offset; memory.
 */
int lvm_text_parse(const char *text, size_t size, uint64_t at, struct lvm_tree **ret,
		   const struct lvm_node **ret_root, struct error *err);
void lvm_tree_cleanup(struct lvm_tree **tree);
#define CLEANUP_LVM_TREE CLEANUP(lvm_tree_cleanup)

/* The first child of that name and kind; NULL when there is none, or 'parent' is NULL. */
const struct lvm_node *lvm_child(const struct lvm_node *parent, const char *name,
				 enum lvm_kind kind);

#endif
