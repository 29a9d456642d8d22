/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tree as bytes: see pack.h. */
#include "convert/vm/read/pack.h"

#include <errno.h>
#include <string.h>

#include "common/checked.h"

#define HEAD_SIZE 15

static void put_node(struct buffer *out, const struct vm_node *node)
{
	const struct vm_value *value = &node->value;
	size_t length = strlen(node->name);
	uint8_t head[HEAD_SIZE] = {(uint8_t)node->depth, (uint8_t)value->type};

	put_le64(head + 2, value->number);
	head[10] = (uint8_t)length;
	put_le32(head + 11, (uint32_t)value->size);
	buffer_append(out, head, sizeof(head));
	buffer_append(out, node->name, length);
	buffer_append(out, value->data, value->size);
}

void vm_pack(const struct vm_tree *tree, struct buffer *ret)
{
	const struct vm_node *node = tree->root;

	while (node && (node = vm_next(node)))
		put_node(ret, node);
	buffer_fill(ret, 0, 1);
	for (size_t i = 0; i < tree->warnings.count; i++) {
		size_t size = strlen(tree->warnings.texts[i]);

		buffer_le32(ret, (uint32_t)size);
		buffer_append(ret, tree->warnings.texts[i], size);
	}
	ret->failed |= tree->warnings.failed;
}

struct packed {
	const uint8_t *data;
	size_t size;
	size_t at;
	struct vm_tree tree;
	struct vm_node *open[VM_MAX_DEPTH + 1]; /* the last node of each depth */
	unsigned int depth;			/* of the last node */
};

static int refuse(struct error *err)
{
	return error_damaged(err, "what was read of the configuration is no tree");
}

static int unpack_node(struct packed *packed, struct error *err)
{
	const uint8_t *head = packed->data + packed->at;
	char name[VM_MAX_NAME + 1] = "";
	struct vm_value value;
	unsigned int depth = head[0];
	int r;

	if (packed->size - packed->at < HEAD_SIZE)
		return refuse(err);
	value = (struct vm_value){.type = (enum vm_type)head[1],
				  .number = get_le64(head + 2),
				  .data = head + HEAD_SIZE + head[10],
				  .size = get_le32(head + 11)};
	if (depth > packed->depth + 1 || depth > VM_MAX_DEPTH || head[1] >= VM_TYPE_MAX ||
	    (depth > 1 && packed->open[depth - 1]->value.type != VM_NODE) ||
	    !range_within(HEAD_SIZE, (uint64_t)head[10] + value.size, packed->size - packed->at))
		return refuse(err);
	memcpy(name, head + HEAD_SIZE, head[10]);
	r = vm_tree_add(&packed->tree, depth > 1 ? packed->open[depth - 1] : NULL, name, &value,
			&packed->open[depth], err);
	packed->depth = depth;
	packed->at += HEAD_SIZE + head[10] + value.size;
	return r;
}

static int unpack_warnings(struct packed *packed, struct error *err)
{
	while (packed->at < packed->size) {
		const uint8_t *at = packed->data + packed->at;
		uint32_t size;

		if (packed->size - packed->at < 4)
			return refuse(err);
		size = get_le32(at);
		if (!range_within(4, size, packed->size - packed->at) || size > 4096)
			return refuse(err);
		note_add(&packed->tree.warnings, "%.*s", (int)size, (const char *)at + 4);
		packed->at += 4 + size;
	}
	return note_list_check(&packed->tree.warnings, err);
}

int vm_unpack(const uint8_t *data, size_t size, struct vm_tree *ret, struct error *err)
{
	struct packed packed = {.data = data, .size = size};
	int r = 0;

	while (r == 0 && packed.at < size && data[packed.at] != 0)
		r = unpack_node(&packed, err);
	if (r == 0 && packed.at == size)
		r = refuse(err); /* cut off */
	packed.at++;
	if (r == 0)
		r = unpack_warnings(&packed, err);
	if (r == 0)
		*ret = packed.tree;
	else
		vm_tree_done(&packed.tree);
	return r;
}
