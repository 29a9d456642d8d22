/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of a VM as a tree: see tree.h. */
#include "convert/vm/read/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base64.h"

static void free_nodes(struct vm_node *node)
{
	struct vm_node *next;

	for (; node; node = next) {
		next = node->next;
		free_nodes(node->first); /* no deeper than VM_MAX_DEPTH */
		free(node);
	}
}

void vm_tree_done(struct vm_tree *tree)
{
	free_nodes(tree->root);
	note_list_done(&tree->warnings);
	*tree = (struct vm_tree)VM_TREE_INIT;
}

/* The node, its name and its value in one piece of memory. */
static struct vm_node *make_node(const char *name, const struct vm_value *value)
{
	size_t length = strlen(name) + 1;
	struct vm_node *node = calloc(1, sizeof(*node) + length + value->size + 1);
	char *behind = (char *)(node + 1);

	if (!node)
		return NULL;
	memcpy(behind, name, length);
	node->name = behind;
	node->value = *value;
	if (value->size)
		memcpy(behind + length, value->data, value->size);
	node->value.data = (uint8_t *)behind + length;
	return node;
}

bool vm_name_is(const char *name, const char *expected)
{
	return strcmp(name, expected) == 0 || (name[0] == '_' && strcasecmp(name, expected) == 0);
}

static void append(struct vm_node *parent, struct vm_node *node)
{
	struct vm_node *twin = NULL;

	for (struct vm_node *other = parent->first; other; other = other->next)
		if (vm_name_is(other->name, node->name))
			twin = other;
	node->twin = twin ? twin->twin + 1 : 0;
	node->is_repeated = twin;
	if (twin)
		twin->is_repeated = true;
	node->parent = parent;
	node->depth = parent->depth + 1;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
}

static int check_limits(const struct vm_tree *tree, const struct vm_node *parent, const char *name,
			const struct vm_value *value, struct error *err)
{
	size_t length = strlen(name);

	if (length == 0 || length > VM_MAX_NAME || strchr(name, '/'))
		return error_damaged(err, "a key has the name '%.64s', which is none", name);
	if (tree->count == VM_MAX_NODES)
		return error_damaged(err, "it has more than %u keys", VM_MAX_NODES);
	if (parent->depth == VM_MAX_DEPTH)
		return error_damaged(err, "key '%s' stands more than %u levels deep", name,
				     VM_MAX_DEPTH);
	if (value->size > VM_MAX_BYTES || tree->bytes + length + value->size > VM_MAX_BYTES)
		return error_damaged(err, "its keys hold more than %u bytes", VM_MAX_BYTES);
	if (value->type == VM_STRING && value->size && memchr(value->data, '\0', value->size))
		return error_damaged(err, "the text of key '%s' holds a NUL", name);
	return 0;
}

int vm_tree_add(struct vm_tree *tree, struct vm_node *parent, const char *name,
		const struct vm_value *value, struct vm_node **ret, struct error *err)
{
	static const struct vm_value none = {.type = VM_NODE};
	struct vm_node *node;
	int r;

	if (!tree->root && !(tree->root = make_node("", &none)))
		return error_failed(err, ENOMEM, "out of memory");
	if (!parent)
		parent = tree->root;
	r = check_limits(tree, parent, name, value, err);
	if (r < 0)
		return r;
	node = make_node(name, value);
	if (!node)
		return error_failed(err, ENOMEM, "out of memory");
	append(parent, node);
	tree->count++;
	tree->bytes += strlen(name) + value->size;
	if (ret)
		*ret = node;
	return 0;
}

const struct vm_node *vm_child(const struct vm_node *node, const char *name)
{
	const struct vm_node *child = node ? node->first : NULL;

	while (child && !vm_name_is(child->name, name))
		child = child->next;
	return child;
}

const struct vm_node *vm_at(const struct vm_node *node, const char *path)
{
	while (node && *path) {
		const char *end = strchrnul(path, '/');
		char name[VM_MAX_NAME + 1];

		snprintf(name, sizeof(name), "%.*s", (int)(end - path), path);
		node = vm_child(node, name);
		path = *end ? end + 1 : end;
	}
	return node;
}

const struct vm_node *vm_next(const struct vm_node *node)
{
	if (node->first)
		return node->first;
	while (node && !node->next)
		node = node->parent;
	return node ? node->next : NULL;
}

char *vm_path(const struct vm_node *node)
{
	const struct vm_node *chain[VM_MAX_DEPTH + 1];
	CLEANUP_BUFFER struct buffer path = BUFFER_INIT;
	size_t count = 0;

	for (; node && node->depth > 1; node = node->parent)
		chain[count++] = node;
	while (count-- > 0) {
		buffer_printf(&path, "%s%s", path.size ? "/" : "", chain[count]->name);
		if (chain[count]->twin)
			buffer_printf(&path, "[%u]", chain[count]->twin + 1);
	}
	return buffer_take_text(&path);
}

static double as_real(uint64_t bits)
{
	double real;

	memcpy(&real, &bits, sizeof(real));
	return real;
}

char *vm_text(const struct vm_node *leaf)
{
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;
	const struct vm_value *value = &leaf->value;

	if (value->type == VM_INTEGER)
		buffer_printf(&text, "%" PRId64, (int64_t)value->number);
	else if (value->type == VM_UNSIGNED)
		buffer_printf(&text, "%" PRIu64, value->number);
	else if (value->type == VM_REAL)
		buffer_printf(&text, "%.17g", as_real(value->number));
	else if (value->type == VM_BOOL)
		buffer_text(&text, value->number ? "true" : "false");
	else if (value->type == VM_STRING)
		buffer_append(&text, value->data, value->size);
	else
		hex_encode(&text, value->data, value->size);
	return buffer_take_text(&text);
}
