/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree of a generation 2 VM: see gen2_tree.h. It is copied, and what differs is put in on the way. */
#include "convert/vm/emit/xml5/gen2_tree.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "convert/vm/emit/plan_text.h"
#include "convert/vm/extract.h"

#define IDE_CLASS  "83F8638B-8DCA-4152-9EDA-2CA8B33039B4"
#define SCSI_CLASS "D422512D-2BF2-4752-809D-7B82B5FCB1B4"
#define BRANCH	   (GUID_TEXT_SIZE + 2) /* "_83f8638b-8dca-4152-9eda-2ca8b33039b4_" and its end */
#define MAX_PATH   200

struct gen2_maker {
	const struct gen2_source *source;
	const struct vm_node *configuration;
	struct vm_devices devices;
	const struct vm_node *scsi[VM_MAX_CONTROLLERS]; /* their branches, in their order */
	struct vm_tree *tree;
	char id[GUID_TEXT_SIZE], generation_id[40];
	char *name; /* as XML can hold it */
	struct error *err;
};

static int copy_children(struct gen2_maker *maker, const struct vm_node *from, struct vm_node *to);

static int add(struct gen2_maker *maker, struct vm_node *parent, const char *name,
	       const struct vm_value *value, struct vm_node **ret)
{
	return vm_tree_add(maker->tree, parent, name, value, ret, maker->err);
}

static struct vm_value string_value(const char *text)
{
	return (struct vm_value){.type = VM_STRING,
				 .data = (const uint8_t *)text,
				 .size = strlen(text)};
}

static struct vm_value integer_value(uint64_t number)
{
	return (struct vm_value){.type = VM_INTEGER, .number = number};
}

static const struct vm_value node_value = {.type = VM_NODE};

/* Of the chipset of generation 1. */
static bool is_old_chipset(const char *name)
{
	static const char *const names[] = {"VGA", "PS/2", "PCI bus", "ISA bus", "DMA",
					    "PIC", "PIT",  "SuperIO", "speaker"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Has generation 2 no such device? */
static bool is_gone(const struct gen2_maker *maker, const struct vm_node *branch)
{
	unsigned int order;
	const struct vm_class *class = vm_class_of_branch(&maker->devices, branch, &order);

	return class &&
	       (strcmp(class->alias, "@ide") == 0 || strcmp(class->alias, "@floppy") == 0 ||
		strcmp(class->alias, "@legacy") == 0 || vm_is_legacy(branch) ||
		strcmp(class->alias, "@dropped") == 0 || is_old_chipset(class->name));
}

/* The branch of a device of the manifest; NULL when it has none. */
static const struct vm_node *branch_of(const struct gen2_maker *maker, const struct vm_node *device)
{
	const struct vm_node *instance = vm_child(device, "instance");
	char name[BRANCH];

	if (!instance || instance->value.type != VM_STRING ||
	    instance->value.size != GUID_TEXT_SIZE - 1)
		return NULL;
	snprintf(name, sizeof(name), "_%s_", (const char *)instance->value.data);
	return vm_child(maker->configuration, name);
}

static bool is_kept_device(const struct gen2_maker *maker, const struct vm_node *device)
{
	const struct vm_node *branch = branch_of(maker, device);
	unsigned int number;

	return vm_number_of(device->name, "vdev", &number) && (!branch || !is_gone(maker, branch));
}

/* Without gaps in its numbers. */
static int copy_manifest(struct gen2_maker *maker, const struct vm_node *from, struct vm_node *to)
{
	unsigned int count = 0, number = 0, ignored;
	int r = 0;

	for (const struct vm_node *child = from->first; child; child = child->next)
		count += is_kept_device(maker, child);
	for (const struct vm_node *child = from->first; child && r == 0; child = child->next) {
		const struct vm_value size = integer_value(count);
		struct vm_node *copy = NULL;
		char name[16];

		if (is_kept_device(maker, child)) {
			snprintf(name, sizeof(name), "vdev%03u", ++number);
			r = add(maker, to, name, &node_value, &copy);
			if (r == 0)
				r = copy_children(maker, child, copy);
		} else if (!vm_number_of(child->name, "vdev", &ignored)) {
			r = add(maker, to, child->name,
				strcmp(child->name, "size") == 0 ? &size : &child->value, NULL);
		}
	}
	return r;
}

/* Where the old file is, under the new name. */
static char *path_on_host(const struct vm_output *output)
{
	const char *old = output->drive->path ? output->drive->path : "",
		   *slash = strrchr(old, '\\');
	const char *name = strrchr(output->path, '/');
	char *path;

	if (asprintf(&path, "%.*s%s", slash ? (int)(slash + 1 - old) : 0, old,
		     name ? name + 1 : output->path) < 0)
		return NULL;
	return path;
}

static const struct vm_output *output_of(const struct gen2_maker *maker,
					 const struct vm_drive *drive)
{
	for (size_t i = 0; i < maker->source->output_count; i++)
		if (maker->source->outputs[i].drive == drive && maker->source->outputs[i].path)
			return &maker->source->outputs[i];
	return NULL;
}

static const struct vm_node *drive_node(const struct gen2_maker *maker,
					const struct vm_controller *controller,
					const struct vm_drive *drive)
{
	const struct vm_node *branch =
		controller->number < VM_MAX_CONTROLLERS ? maker->scsi[controller->number] : NULL;
	char path[32];

	if (controller->bus == VM_BUS_IDE)
		branch = vm_child(maker->configuration, "_" IDE_CLASS "_");
	snprintf(path, sizeof(path), "controller%u/drive%u",
		 controller->bus == VM_BUS_IDE ? controller->number : 0, drive->slot);
	return vm_at(branch, path);
}

static int add_drive(struct gen2_maker *maker, const struct vm_controller *controller,
		     const struct vm_drive *drive, struct vm_node *to)
{
	const struct vm_node *old = drive_node(maker, controller, drive);
	const struct vm_output *output = output_of(maker, drive);
	CLEANUP_FREE char *path = output ? path_on_host(output) : NULL;
	struct vm_node *copy = NULL;
	char name[16];
	int r;

	if (output && !path)
		return error_failed(maker->err, ENOMEM, "out of memory");
	snprintf(name, sizeof(name), "drive%u", drive->target.slot);
	r = add(maker, to, name, &node_value, &copy);
	for (const struct vm_node *key = old ? old->first : NULL; key && r == 0; key = key->next) {
		struct vm_value value = key->value;
		struct vm_node *child = NULL;

		if (path && strcmp(key->name, "pathname") == 0)
			value = string_value(path);
		r = add(maker, copy, key->name, &value, &child);
		if (r == 0 && value.type == VM_NODE)
			r = copy_children(maker, key, child);
	}
	return r;
}

/* All drives of the new VM on this controller, in the order of their places. */
static int add_drives(struct gen2_maker *maker, unsigned int number, struct vm_node *to)
{
	const struct vm *vm = maker->source->vm;
	struct vm_node *inner = NULL;
	int r = 0;

	for (unsigned int slot = 0; slot < VM_MAX_SLOTS; slot++)
		for (size_t c = 0; c < vm->controller_count; c++)
			for (size_t d = 0; r == 0 && d < vm->controllers[c].count; d++) {
				const struct vm_drive *drive = &vm->controllers[c].drives[d];

				if (!drive->target.is_present || drive->target.slot != slot ||
				    drive->target.controller != number)
					continue;
				if (!inner)
					r = add(maker, to, "controller0", &node_value, &inner);
				if (r == 0)
					r = add_drive(maker, &vm->controllers[c], drive, inner);
			}
	return r;
}

static int copy_scsi(struct gen2_maker *maker, const struct vm_node *branch, unsigned int number)
{
	struct vm_node *to = NULL, *copy;
	int r = add(maker, maker->tree->root->first, branch->name, &node_value, &to);

	for (const struct vm_node *child = branch->first; child && r == 0; child = child->next) {
		if (strcmp(child->name, "controller0") == 0)
			continue;
		r = add(maker, to, child->name, &child->value, &copy);
		if (r == 0)
			r = copy_children(maker, child, copy);
	}
	return r < 0 ? r : add_drives(maker, number, to);
}

/* "settings/global/logical_id", to 'text'. */
static void path_of(const struct vm_node *leaf, char text[MAX_PATH])
{
	CLEANUP_FREE char *path = vm_path(leaf);

	snprintf(text, MAX_PATH, "%s", path ? path : "");
}

/* What was measured of the disk on IDE is measured of that on SCSI. */
static bool is_metric_of_ide(const struct vm_node *leaf)
{
	return strcmp(leaf->name, "guid") == 0 && leaf->value.type == VM_STRING &&
	       strcasecmp((const char *)leaf->value.data, IDE_CLASS) == 0;
}

static void upper(char *text)
{
	for (; *text; text++)
		*text = (char)toupper((unsigned char)*text);
}

/* The first controller, by which the metrics know it: without the lines around it. */
static const char *scsi_instance(const struct gen2_maker *maker, char text[GUID_TEXT_SIZE])
{
	snprintf(text, GUID_TEXT_SIZE, "%.*s", GUID_TEXT_SIZE - 1,
		 maker->scsi[0] ? maker->scsi[0]->name + 1 : SCSI_CLASS);
	upper(text);
	return text;
}

/* The value of a leaf in the new tree. 'text' is room for one. */
static struct vm_value new_value(const struct gen2_maker *maker, const struct vm_node *leaf,
				 char text[GUID_TEXT_SIZE])
{
	bool is_secure = maker->source->plan->secure_boot;
	char path[MAX_PATH];

	if (is_metric_of_ide(leaf))
		return string_value(strcmp(leaf->parent->name, "devicetype") == 0
					    ? SCSI_CLASS
					    : scsi_instance(maker, text));
	if (strcmp(leaf->name, "secure_boot_enabled") == 0 && leaf->depth == 3)
		return (struct vm_value){.type = VM_BOOL, .number = is_secure};
	path_of(leaf, path);
	if (strcmp(path, "properties/subtype") == 0)
		return integer_value(1);
	if (strcmp(path, "properties/type_id") == 0) /* also of what was a checkpoint */
		return string_value("Virtual Machines");
	if (strcmp(path, "global_settings/snapshots/list/size") == 0)
		return integer_value(0);
	if (strcmp(path, "properties/name") == 0)
		return string_value(maker->name);
	if (strcmp(path, "properties/global_id") == 0 ||
	    strcmp(path, "settings/global/logical_id") == 0)
		return string_value(maker->id);
	if (strcmp(path, "global_settings/devices/generation_id") == 0)
		return string_value(maker->generation_id);
	return leaf->value;
}

/* The new VM has none. */
static bool is_checkpoint(const struct vm_node *node)
{
	char path[MAX_PATH];

	if (node->value.type != VM_NODE || !node->parent || strcmp(node->parent->name, "list") != 0)
		return false;
	path_of(node->parent, path);
	return strcmp(path, "global_settings/snapshots/list") == 0;
}

static int copy_children(struct gen2_maker *maker, const struct vm_node *from, struct vm_node *to)
{
	int r = 0;

	for (const struct vm_node *child = from->first; child && r == 0; child = child->next) {
		char text[GUID_TEXT_SIZE];
		struct vm_value value = child->value;
		struct vm_node *copy = NULL;

		if (is_checkpoint(child))
			continue;
		if (value.type != VM_NODE)
			value = new_value(maker, child, text);
		r = add(maker, to, child->name, &value, &copy);
		if (r == 0 && value.type == VM_NODE)
			r = copy_children(maker, child, copy);
	}
	return r;
}

static int copy_branch(struct gen2_maker *maker, const struct vm_node *branch)
{
	struct vm_node *top = maker->tree->root->first, *copy = NULL;
	int r;

	for (unsigned int i = 0; i < ARRAY_SIZE(maker->scsi); i++)
		if (maker->scsi[i] == branch)
			return copy_scsi(maker, branch, i);
	if (is_gone(maker, branch))
		return 0;
	r = add(maker, top, branch->name, &branch->value, &copy);
	if (r < 0 || branch->value.type != VM_NODE)
		return r;
	return strcmp(branch->name, "manifest") == 0 ? copy_manifest(maker, branch, copy)
						     : copy_children(maker, branch, copy);
}

/* In the order of the manifest, which is that of their numbers. */
static int find_controllers(struct gen2_maker *maker)
{
	const struct vm_node *manifest = vm_child(maker->configuration, "manifest");
	size_t count = 0;

	for (const struct vm_node *device = manifest ? manifest->first : NULL; device;
	     device = device->next) {
		const struct vm_node *branch = branch_of(maker, device);
		unsigned int order;
		const struct vm_class *class =
			branch ? vm_class_of_branch(&maker->devices, branch, &order) : NULL;

		if (class && strcmp(class->alias, "@scsi") == 0 && count < VM_MAX_CONTROLLERS)
			maker->scsi[count++] = branch;
	}
	if (count >= maker->source->plan->controller_count)
		return 0;
	return error_usage(maker->err,
			   "'--define xml5': the VM has %zu SCSI controllers, and needs %zu; give "
			   "it another on its host",
			   count, maker->source->plan->controller_count);
}

/* Always the same where the old VM has a BIOS GUID, and others than its own. */
static int name_new(struct gen2_maker *maker)
{
	const struct vm_guid *old = &maker->source->plan->bios_guid;
	struct guid space = old->is_present ? old->guid : guid_random();
	struct guid id = guid_from_name(&space, "gen2 id", 7);
	struct guid generation = guid_from_name(&space, "gen2 generation", 15);
	bool changed;

	guid_format(&id, maker->id);
	upper(maker->id);
	for (size_t i = 0; i < sizeof(generation.bytes); i++)
		snprintf(maker->generation_id + 2 * i, 3, "%02x", generation.bytes[i]);
	maker->name = plan_xml_text(maker->source->plan->name, &changed);
	return maker->name ? 0 : error_failed(maker->err, ENOMEM, "out of memory");
}

static void tell_legacy(const struct gen2_maker *maker)
{
	for (size_t i = 0; i < maker->source->vm->adapter_count; i++) {
		const struct vm_adapter *adapter = &maker->source->vm->adapters[i];

		if (adapter->is_legacy)
			note_add(&maker->tree->warnings,
				 "the legacy adapter '%s' is not in the XML of version 5.0: add it "
				 "with Add-VMNetworkAdapter",
				 adapter->name ? adapter->name : "");
	}
}

static int make_tree(struct gen2_maker *maker)
{
	struct vm_node *top;
	int r = find_controllers(maker);

	if (r == 0)
		r = name_new(maker);
	if (r == 0)
		r = add(maker, NULL, "configuration", &node_value, &top);
	for (const struct vm_node *branch = maker->configuration->first; branch && r == 0;
	     branch = branch->next)
		r = copy_branch(maker, branch);
	tell_legacy(maker);
	return r;
}

int gen2_tree_make(const struct gen2_source *source, struct vm_tree *ret, struct error *err)
{
	struct gen2_maker maker = {.source = source, .tree = ret, .err = err};
	int r;

	*ret = (struct vm_tree)VM_TREE_INIT;
	maker.configuration = vm_child(source->tree->root, "configuration");
	if (!maker.configuration)
		return error_failed(err, EINVAL, "the configuration is empty");
	r = vm_devices_read(maker.configuration, &maker.devices, err);
	if (r == 0)
		r = make_tree(&maker);
	free(maker.devices.list);
	free(maker.name);
	return r;
}
