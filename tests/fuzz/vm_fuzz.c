/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What must hold of every configuration that is read: see vm_fuzz.h. */
#include "vm_fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "convert/vm/read/config.h"
#include "convert/vm/read/pack.h"
#include "convert/vm/vm.h"

static void require(bool holds)
{
	if (!holds)
		abort();
}

static size_t count_leaves(const struct vm_tree *tree)
{
	size_t count = 0;

	for (const struct vm_node *node = tree->root; node; node = vm_next(node))
		count += node->value.type != VM_NODE;
	return count;
}

/* Are all leaves below the one top node, as those of a VM are? */
static void check_rows(const struct vm_tree *tree, const struct vm *vm)
{
	require(vm->rows.count == count_leaves(tree));
	for (size_t i = 0; i < vm->rows.count; i++) {
		const struct vm_row *row = &vm->rows.list[i];

		require(row->path && row->from);
		if (row->status == VM_CARRIED || row->status == VM_CHANGED)
			require(row->to != NULL);
		else
			require(row->to == NULL);
		if (row->status == VM_CHANGED || row->status == VM_DROPPED)
			require(row->id != NULL);
		else
			require(row->id == NULL);
	}
}

static void check_places(const struct vm *vm)
{
	bool used[VM_MAX_CONTROLLERS][VM_MAX_SLOTS] = {{false}};

	for (size_t c = 0; c < vm->controller_count; c++)
		for (size_t d = 0; d < vm->controllers[c].count; d++) {
			const struct vm_slot *target = &vm->controllers[c].drives[d].target;

			if (!target->is_present)
				continue;
			require(target->controller < VM_MAX_CONTROLLERS &&
				target->slot < VM_MAX_SLOTS);
			require(!used[target->controller][target->slot]);
			used[target->controller][target->slot] = true;
		}
}

/* As a Linux counts them; a DVD is not counted. */
static void check_order(const struct vm *vm)
{
	unsigned int next = 0;

	for (size_t c = 0; c < vm->controller_count; c++)
		for (size_t d = 0; d < vm->controllers[c].count; d++) {
			const struct vm_drive *drive = &vm->controllers[c].drives[d];
			unsigned int place =
				drive->target.controller * VM_MAX_SLOTS + drive->target.slot;

			if (drive->kind == VM_DRIVE_DVD || !drive->target.is_present)
				continue;
			require(place >= next);
			next = place + 1;
		}
}

static size_t count_places(const struct vm *vm)
{
	size_t count = 0;

	for (size_t c = 0; c < vm->controller_count; c++)
		for (size_t d = 0; d < vm->controllers[c].count; d++)
			count += vm->controllers[c].drives[d].target.is_present;
	return count;
}

static void check_linux(const struct vm_tree *tree, struct vm *vm)
{
	size_t places = count_places(vm);
	struct error err = ERROR_INIT;

	require(vm_keep_order(vm, &err) == 0);
	require(count_places(vm) == places);
	check_rows(tree, vm);
	check_places(vm);
	check_order(vm);
}

static void check_vm(const struct vm_tree *tree)
{
	struct error err = ERROR_INIT;
	struct vm vm;

	if (vm_extract(tree, &vm, &err) == 0) {
		check_rows(tree, &vm);
		check_places(&vm);
		if (vm_check(&vm, &err) < 0)
			require(err.kind != ERROR_NONE && *err.advice);
		check_linux(tree, &vm);
	} else {
		require(err.kind == ERROR_DAMAGED);
	}
	vm_done(&vm);
}

static void check_packed(const struct vm_tree *tree)
{
	struct buffer packed = BUFFER_INIT, again = BUFFER_INIT;
	struct vm_tree copy = VM_TREE_INIT;

	vm_pack(tree, &packed);
	require(packed.size <= VM_MAX_PACKED);
	require(vm_unpack(packed.data, packed.size, &copy, NULL) == 0);
	vm_pack(&copy, &again);
	require(again.size == packed.size && memcmp(again.data, packed.data, again.size) == 0);
	vm_tree_done(&copy);
	buffer_done(&packed);
	buffer_done(&again);
}

void vm_fuzz_config(const uint8_t *data, size_t size)
{
	const struct file_bytes file = {data, size, "input"};
	struct vm_tree tree = VM_TREE_INIT;
	struct error err = ERROR_INIT;
	enum vm_format format;

	if (vm_config_read(&file, &tree, &format, &err) < 0) {
		require(err.kind == ERROR_DAMAGED || err.kind == ERROR_REFUSED);
		require(*err.message && *err.advice);
		return;
	}
	check_packed(&tree);
	check_vm(&tree);
	vm_tree_done(&tree);
}
