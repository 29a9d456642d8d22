/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The settings of a VM as a tree of named, typed values, which is what both formats of a
 * configuration hold: the XML of version 5.0 and the container of later ones. Names need not be
 * unique among siblings ("devicetype" under "metrics" is not), so siblings are a list in the order
 * of the file.
 *
 * What a file can make of a tree is bounded: nodes, depth, bytes of values.
 */
#ifndef HVGEN2_CONVERT_VM_READ_TREE_H
#define HVGEN2_CONVERT_VM_READ_TREE_H

#include "common/buffer.h"
#include "common/bytes.h"
#include "common/notes.h"

/* A real configuration has 400 keys, one with 256 disks 4000. */
#define VM_MAX_NODES 20000
#define VM_MAX_DEPTH 32
#define VM_MAX_NAME  255 /* bytes, as in the container */
/* Of all names and values. The largest value known is a UEFI variable of 32 KiB. */
#define VM_MAX_BYTES (16U << 20)

enum vm_type {
	VM_NODE, /* has children and no value; all others are leaves */
	VM_INTEGER,
	VM_UNSIGNED,
	VM_REAL,
	VM_BOOL,
	VM_STRING,
	VM_BYTES,
	VM_OPAQUE, /* of a type that is not known, as it stands in the file */
	VM_TYPE_MAX,
};

struct vm_value {
	enum vm_type type;
	uint64_t number; /* BOOL: 0 or 1; INTEGER: two's complement; REAL: IEEE 754 bits */
	const uint8_t
		*data; /* STRING: UTF-8, perhaps with unpaired surrogates (WTF-8); BYTES, OPAQUE */
	size_t size;
};

struct vm_node {
	struct vm_node *parent; /* NULL for the root, which has no name */
	struct vm_node *next;
	struct vm_node *first, *last; /* children */
	unsigned int depth;	      /* of the root: 0 */
	unsigned int twin;	      /* how many siblings of the same name stand before */
	bool is_repeated;	      /* there is another sibling of the same name */
	const char *name;
	struct vm_value value; /* data has a NUL behind it */
};

/* Embedded; memory belongs to it. */
struct vm_tree {
	struct vm_node *root;
	size_t count; /* of nodes, the root not counted */
	size_t bytes;
	struct note_list warnings; /* of what could not be read and was left out */
};

#define VM_TREE_INIT                                                                               \
	{                                                                                          \
		.root = NULL                                                                       \
	}
void vm_tree_done(struct vm_tree *tree);
#define CLEANUP_VM_TREE CLEANUP(vm_tree_done)

/*
 * Add a last child of 'parent' (NULL: the root, which is made when it is not there), with copies of
 * name and value. *ret may be NULL. Errors: ERROR_DAMAGED beyond one of the limits, for a name that
 * is none and for a string that holds a NUL; -ENOMEM.
 */
int vm_tree_add(struct vm_tree *tree, struct vm_node *parent, const char *name,
		const struct vm_value *value, struct vm_node **ret, struct error *err);

/* Do the names mean the same key? Those of GUIDs ("_83f8638b-..._") do without regard to case. */
bool vm_name_is(const char *name, const char *expected);

/* The first child of that name; NULL when there is none, or no node. */
const struct vm_node *vm_child(const struct vm_node *node, const char *name);

/* The node at "properties/name", from 'node' on; NULL when there is none, or no node. */
const struct vm_node *vm_at(const struct vm_node *node, const char *path);

/* The next node after 'node' in the order of the tree, within the whole tree; NULL after the
 * last. */
const struct vm_node *vm_next(const struct vm_node *node);

/*
 * "properties/name": the names from below the top node on, which is "configuration"; "[2]" stands
 * behind the second of the siblings of one name. A new string, to be freed; NULL when out of
 * memory.
 */
char *vm_path(const struct vm_node *node);

/*
 * The value as text: decimal numbers, "true" and "false", strings as they are, bytes as hexadecimal
 * digits. A new string, to be freed; NULL when out of memory.
 */
char *vm_text(const struct vm_node *leaf);

#endif
