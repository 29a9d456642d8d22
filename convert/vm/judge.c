/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hangs on the value of a setting, or on that of its neighbours: the judges that rules.c
 * names. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/vm/extract.h"

static bool is_number(const struct vm_node *leaf)
{
	return leaf && (leaf->value.type == VM_INTEGER || leaf->value.type == VM_UNSIGNED);
}

static bool is_set(const struct vm_node *leaf)
{
	return leaf && leaf->value.type == VM_BOOL && leaf->value.number;
}

static int not_understood(struct vm_row *row)
{
	vm_row_drop(row, "setting-not-understood", "set it by hand");
	return 0;
}

static int copy_text(struct vm_walk *walk, const struct vm_node *leaf, char **ret)
{
	free(*ret);
	*ret = strdup((const char *)leaf->value.data);
	return *ret ? 0 : error_failed(walk->err, ENOMEM, "out of memory");
}

int vm_judge_generation(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	(void)walk;
	if (leaf->value.number)
		vm_row_ignore(row, "it is no generation 1");
	return 0;
}

/* Without dynamic memory there is no most; the default of 1 TiB stands there. */
int vm_judge_maximum(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	(void)walk;
	if (leaf->value.number == 1024 * 1024 &&
	    !is_set(vm_child(leaf->parent, "dynamic_memory_enabled")))
		vm_row_ignore(row, "the memory is not dynamic");
	return 0;
}

int vm_judge_class(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	(void)leaf;
	row->what = walk->class->name;
	vm_row_drop(row, walk->class->id, walk->class->advice);
	return 0;
}

/* The branch of a device in the manifest; NULL when it has none. */
static const struct vm_node *branch_of(const struct vm_node *entry)
{
	const struct vm_node *instance = vm_child(entry, "instance");
	const struct vm_node *configuration = entry->parent->parent;
	char name[64];

	if (!instance || instance->value.type != VM_STRING || instance->value.size > 36)
		return NULL;
	snprintf(name, sizeof(name), "_%s_", (const char *)instance->value.data);
	return vm_child(configuration, name);
}

/* An entry of the manifest is the host's; but of a device that is lost it may be all there is. */
int vm_judge_device(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	const struct vm_node *entry = leaf->parent, *device = vm_child(entry, "device");
	const struct vm_class *class = NULL;
	const struct vm_node *branch;
	struct guid guid;

	(void)walk;
	if (device && device->value.type == VM_STRING &&
	    guid_parse((const char *)device->value.data, &guid))
		class = vm_class_of(&guid);
	branch = class ? NULL : branch_of(entry);
	if (class && class->id) {
		row->what = class->name;
		vm_row_drop(row, class->id, class->advice);
	} else if (!class && !(branch && vm_is_legacy(branch))) {
		row->what = "unknown device";
		vm_row_drop(row, "unknown-device",
			    "look at the old VM's settings on its host for what this is");
	}
	return 0;
}

int vm_judge_boot(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	unsigned int number;

	if (leaf->value.type != VM_STRING || !vm_number_of(leaf->name, "device", &number) ||
	    number >= ARRAY_SIZE(walk->vm->firmware.boot_order))
		return not_understood(row);
	return copy_text(walk, leaf, &walk->vm->firmware.boot_order[number]);
}

int vm_judge_protocol(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	if (leaf->value.number == 4 || leaf->value.number == 6)
		return 0;
	walk->vm->firmware.network_protocol.is_present = false;
	return not_understood(row);
}

int vm_judge_com(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	unsigned int number;

	if (leaf->value.type != VM_STRING || !vm_number_of(walk->parts[1], "port", &number) ||
	    number >= ARRAY_SIZE(walk->vm->com))
		return not_understood(row);
	return copy_text(walk, leaf, &walk->vm->com[number]);
}

int vm_judge_service(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	if (leaf->value.type != VM_BOOL || walk->service >= VM_SERVICES)
		return not_understood(row);
	walk->vm->services[walk->service] = leaf->value.number ? VM_YES : VM_NO;
	row->what = vm_service_text((enum vm_service)walk->service);
	return 0;
}

/* Every sample has 1, the default; the other two are those of Hyper-V's interface, in its order. */
int vm_judge_power(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	static const char *const texts[2][3] = {{"Nothing", "StartIfRunning", "Start"},
						{"TurnOff", "Save", "ShutDown"}};
	static const enum vm_action actions[3] = {VM_ACTION_NOTHING, VM_ACTION_USUAL,
						  VM_ACTION_FULL};
	bool is_stop = strcmp(walk->parts[2], "host_shutdown") == 0;
	enum vm_action *action = is_stop ? &walk->vm->power.stop : &walk->vm->power.start;

	if (!is_number(leaf) || leaf->value.number > 2)
		return not_understood(row);
	*action = actions[leaf->value.number];
	vm_row_becomes(&walk->vm->rows, row, texts[is_stop][leaf->value.number]);
	return 0;
}

/* Rows of drives are completed when it is known where each of them goes (slots.c). */
int vm_judge_drive_type(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	(void)leaf;
	(void)row;
	vm_walk_drive(walk)->type_row = walk->vm->rows.count;
	return 0;
}

int vm_judge_drive_path(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	(void)leaf;
	(void)row;
	vm_walk_drive(walk)->path_row = walk->vm->rows.count;
	return 0;
}

int vm_judge_switch(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	(void)leaf;
	(void)row;
	vm_walk_adapter(walk)->switch_row = walk->vm->rows.count;
	return 0;
}

int vm_judge_mac(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	struct vm_adapter *adapter = vm_walk_adapter(walk);
	const char *flag = adapter->is_legacy ? "mac_address_is_static" : "MacAddressIsStatic";
	bool is_static = is_set(vm_child(leaf->parent, flag));
	char text[64], mac[VM_MAC_TEXT];

	adapter->mac_row = walk->vm->rows.count;
	snprintf(text, sizeof(text), "%s%s%s", vm_mac_text(adapter, mac),
		 is_static ? "" : ", static", adapter->is_legacy ? ", of a synthetic adapter" : "");
	if (!adapter->has_mac && !adapter->is_legacy) {
		vm_row_ignore(row, "none was given yet: the host gives one");
		return 0;
	}
	if (!adapter->has_mac)
		snprintf(text, sizeof(text), "a synthetic adapter, with an address by the host");
	if (!adapter->is_legacy && !is_static) {
		row->status = VM_CHANGED;
		row->id = "mac-made-static";
	}
	vm_row_becomes(&walk->vm->rows, row, text);
	return 0;
}
