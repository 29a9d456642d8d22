/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A VM out of its tree: one walk, in which each leaf finds its rule (rules.c), gives its value to
 * the object in whose branch it stands, and leaves a row. Objects (controllers, drives, adapters)
 * begin where their branch does.
 */
#include "convert/vm/extract.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base64.h"
#include "common/checked.h"

#define ADVICE "look at it on the VM's host, or take another copy of the file"

static void *object_of(const struct vm_walk *walk, enum vm_scope scope)
{
	if (scope == SCOPE_CONTROLLER)
		return vm_walk_controller(walk);
	if (scope == SCOPE_DRIVE)
		return vm_walk_drive(walk);
	return scope == SCOPE_ADAPTER ? (void *)vm_walk_adapter(walk) : walk->vm;
}

/* One part of a pattern, which ends at 'end'. */
static bool part_matches(const char *pattern, const char *end, const char *name)
{
	size_t length = (size_t)(end - pattern);
	char prefix[64];
	unsigned int number;

	if (length == 0 || length >= sizeof(prefix))
		return false;
	memcpy(prefix, pattern, length);
	prefix[length] = '\0';
	if (prefix[length - 1] == '*')
		return strncmp(name, prefix, length - 1) == 0;
	if (prefix[length - 1] != '#')
		return strcmp(name, prefix) == 0;
	prefix[length - 1] = '\0';
	return vm_number_of(name, prefix, &number);
}

static bool matches(const struct vm_walk *walk, const char *pattern)
{
	for (size_t i = 0; i < walk->depth; i++) {
		const char *end = strchrnul(pattern, '/');

		if (strcmp(pattern, "**") == 0)
			return true;
		if (!*pattern || !part_matches(pattern, end, walk->parts[i]))
			return false;
		pattern = *end ? end + 1 : end;
	}
	return !*pattern;
}

static const struct vm_rule *find_rule(const struct vm_walk *walk)
{
	for (size_t i = 0; i < vm_rule_count; i++)
		if (object_of(walk, vm_rules[i].scope) && matches(walk, vm_rules[i].pattern))
			return &vm_rules[i];
	return &vm_rules[vm_rule_count - 1]; /* "**" */
}

static int damaged(const struct vm_node *leaf, const char *what, struct error *err)
{
	CLEANUP_FREE char *path = vm_path(leaf), *value = vm_text(leaf);

	if (!path || !value)
		return error_failed(err, ENOMEM, "out of memory");
	error_damaged(err, "setting '%s' is '%.100s', %s", path, value, what);
	return error_advise(err, ADVICE);
}

static int take_text(const struct vm_node *leaf, char **field, struct error *err)
{
	free(*field);
	*field = strdup((const char *)leaf->value.data);
	return *field ? 0 : error_failed(err, ENOMEM, "out of memory");
}

static int take_number(const struct vm_node *leaf, const struct vm_rule *rule,
		       struct vm_number *field, struct error *err)
{
	uint64_t number = leaf->value.number;

	if (leaf->value.type == VM_INTEGER && (int64_t)number < 0)
		return damaged(leaf, "which is less than nothing", err);
	if (number > (rule->most ? rule->most : INT64_MAX))
		return damaged(leaf, "which is more than Hyper-V gives a VM", err);
	*field = (struct vm_number){true, number};
	return 0;
}

/* "00-15-5D-0A-14-01", or six bytes. */
static int take_mac(const struct vm_node *leaf, struct vm_adapter *adapter, struct error *err)
{
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
	char digits[13] = "";
	size_t count = 0;

	if (leaf->value.type == VM_BYTES && leaf->value.size == 6)
		buffer_append(&bytes, leaf->value.data, 6);
	for (const char *at = (const char *)leaf->value.data; leaf->value.type == VM_STRING && *at;
	     at++)
		if (isxdigit((unsigned char)*at) && count < 12)
			digits[count++] = *at;
		else if (*at != '-' && *at != ':')
			return damaged(leaf, "which is no MAC address", err);
	if (count == 12)
		hex_decode(digits, 12, &bytes);
	if (bytes.failed)
		return error_failed(err, ENOMEM, "out of memory");
	if (bytes.size != 6)
		return damaged(leaf, "which is no MAC address", err);
	memcpy(adapter->mac, bytes.data, 6);
	adapter->has_mac = !is_zero(adapter->mac, 6);
	return 0;
}

/* Has the value the type of the field? */
static bool fits(const struct vm_node *leaf, enum vm_field field)
{
	enum vm_type type = leaf->value.type;
	struct guid guid;

	switch (field) {
	case FIELD_TEXT:
		return type == VM_STRING;
	case FIELD_NUMBER:
		return type == VM_INTEGER || type == VM_UNSIGNED;
	case FIELD_FLAG:
		return type == VM_BOOL;
	case FIELD_GUID:
		return type == VM_STRING && guid_parse((const char *)leaf->value.data, &guid);
	case FIELD_MAC:
		return type == VM_STRING || type == VM_BYTES;
	default:
		return true;
	}
}

static int take_value(const struct vm_walk *walk, const struct vm_node *leaf,
		      const struct vm_rule *rule)
{
	void *object = object_of(walk, rule->scope);
	void *at = (char *)object + rule->offset;
	struct vm_guid *guid = at;

	switch (rule->field) {
	case FIELD_TEXT:
		return take_text(leaf, at, walk->err);
	case FIELD_NUMBER:
		return take_number(leaf, rule, at, walk->err);
	case FIELD_FLAG:
		*(enum vm_flag *)at = leaf->value.number ? VM_YES : VM_NO;
		return 0;
	case FIELD_GUID:
		guid->is_present = guid_parse((const char *)leaf->value.data, &guid->guid);
		return 0;
	case FIELD_MAC:
		return take_mac(leaf, object, walk->err);
	default:
		return 0;
	}
}

/* Has it a sibling of the same name, or is it within one that has? Then nobody can say which of
 * them counts. */
static bool is_repeated(const struct vm_node *leaf)
{
	for (; leaf; leaf = leaf->parent)
		if (leaf->is_repeated)
			return true;
	return false;
}

/* An object begins with the first of its branches. */
static bool is_later_twin(const struct vm_node *node)
{
	for (; node; node = node->parent)
		if (node->twin)
			return true;
	return false;
}

/* Nobody can set it by hand afterwards which disks are converted: that its row is dropped is not
 * enough. */
static bool names_disk(const struct vm_rule *rule)
{
	return rule->judge == vm_judge_drive_type || rule->judge == vm_judge_drive_path;
}

static int fill_row(struct vm_walk *walk, const struct vm_node *leaf, const struct vm_rule *rule,
		    struct vm_row *row)
{
	CLEANUP_FREE char *value = vm_text(leaf);
	int r = take_value(walk, leaf, rule);

	if (r < 0)
		return r;
	if (!value)
		return error_failed(walk->err, ENOMEM, "out of memory");
	if (rule->to)
		vm_row_becomes(&walk->vm->rows, row, rule->to);
	if (rule->usual && strcasecmp(value, rule->usual) == 0)
		vm_row_ignore(row, "the default, or nothing");
	return rule->judge ? rule->judge(walk, leaf, row) : 0;
}

static int take_leaf(struct vm_walk *walk, const struct vm_node *leaf)
{
	const struct vm_rule *rule = find_rule(walk);
	struct vm_row *row = vm_row_add(&walk->vm->rows, leaf, rule->unit);
	bool decides = rule->field != FIELD_NONE || rule->judge;
	int r = 0;

	if (!row)
		return error_failed(walk->err, ENOMEM, "out of memory");
	row->what = rule->what;
	row->status = rule->status;
	row->how = rule->how;
	row->id = rule->id;
	row->advice = rule->advice;
	if (names_disk(rule) && is_repeated(leaf))
		return damaged(leaf, "and is there more than once", walk->err);
	if (leaf->value.type == VM_OPAQUE)
		vm_row_drop(row, "unknown-type", "its type is not known");
	else if (decides && is_repeated(leaf))
		vm_row_drop(row, "repeated-setting", "it is there more than once: set it by hand");
	else if (!fits(leaf, rule->field))
		vm_row_drop(row, "setting-not-understood", "set it by hand");
	else
		r = fill_row(walk, leaf, rule, row);
	if (row->status == VM_CARRIED && !row->to)
		vm_row_becomes(&walk->vm->rows, row, row->from);
	return r;
}

/* The list with one member more, all zero; NULL when out of memory. */
static void *grow(void *list, size_t *count, size_t size, struct error *err)
{
	char *grown = realloc(list, (*count + 1) * size);

	if (!grown) {
		error_failed(err, ENOMEM, "out of memory");
		return NULL;
	}
	memset(grown + *count * size, 0, size);
	(*count)++;
	return grown;
}

static int begin_controller(struct vm_walk *walk, enum vm_bus bus, unsigned int number)
{
	struct vm *vm = walk->vm;
	struct vm_controller *list =
		grow(vm->controllers, &vm->controller_count, sizeof(*vm->controllers), walk->err);

	if (!list)
		return -ENOMEM;
	vm->controllers = list;
	walk->controller = vm->controller_count - 1;
	vm->controllers[walk->controller].bus = bus;
	vm->controllers[walk->controller].number = number;
	vm->controllers[walk->controller].order = walk->order;
	return 0;
}

static int begin_adapter(struct vm_walk *walk, bool is_legacy)
{
	struct vm *vm = walk->vm;
	struct vm_adapter *list =
		grow(vm->adapters, &vm->adapter_count, sizeof(*vm->adapters), walk->err);

	if (!list)
		return -ENOMEM;
	vm->adapters = list;
	walk->adapter = vm->adapter_count - 1;
	vm->adapters[walk->adapter].is_legacy = is_legacy;
	vm->adapters[walk->adapter].order = walk->order;
	return 0;
}

static int begin_drive(struct vm_walk *walk, const struct vm_node *node, unsigned int slot)
{
	struct vm_controller *controller = vm_walk_controller(walk);
	struct vm_drive *list;

	if (slot >= (controller->bus == VM_BUS_SCSI ? VM_MAX_SLOTS : 2))
		return error_damaged(walk->err, "a controller has no place for '%s'", node->name);
	for (size_t i = 0; i < controller->count; i++)
		if (controller->drives[i].slot == slot)
			return error_damaged(walk->err, "a controller has two drives '%s'",
					     node->name);
	list = grow(controller->drives, &controller->count, sizeof(*controller->drives), walk->err);
	if (!list)
		return -ENOMEM;
	controller->drives = list;
	walk->drive = controller->count - 1;
	controller->drives[walk->drive].slot = slot;
	return 0;
}

static size_t service_of(const struct vm_class *class)
{
	static const char *const names[VM_SERVICES] = {"guest interface",	  "heartbeat",
						       "key-value pair exchange", "shutdown",
						       "time synchronization",	  "VSS"};
	size_t i = 0;

	while (i < VM_SERVICES && strcmp(class->name, names[i]) != 0)
		i++;
	return i;
}

/* A branch right below "configuration". */
static int begin_device(struct vm_walk *walk, const struct vm_node *node)
{
	walk->class = vm_class_of_branch(&walk->devices, node, &walk->order);
	if (!walk->class)
		return 0;
	walk->parts[0] = walk->class->alias;
	if (node->twin)
		return 0;
	if (strcmp(walk->class->alias, "@integration") == 0)
		walk->service = service_of(walk->class);
	if (strcmp(walk->class->alias, "@scsi") == 0)
		return begin_controller(walk, VM_BUS_SCSI, 0);
	return strcmp(walk->class->alias, "@nic") == 0 ? begin_adapter(walk, false) : 0;
}

static bool is_in(const struct vm_walk *walk, const char *alias)
{
	return walk->class && strcmp(walk->parts[0], alias) == 0;
}

/* As names_disk(), of a whole drive. */
static int check_drive(const struct vm_walk *walk, const struct vm_node *node)
{
	CLEANUP_FREE char *path = NULL;
	unsigned int number;

	if (walk->depth != 3 || !is_repeated(node) || !vm_number_of(node->name, "drive", &number) ||
	    !(is_in(walk, "@ide") || is_in(walk, "@scsi") || is_in(walk, "@floppy")))
		return 0;
	path = vm_path(node);
	if (!path)
		return error_failed(walk->err, ENOMEM, "out of memory");
	error_damaged(walk->err, "drive '%s' is there more than once, or within what is", path);
	return error_advise(walk->err, ADVICE);
}

/* What begins with this branch? */
static int begin(struct vm_walk *walk, const struct vm_node *node)
{
	unsigned int number;
	int r = check_drive(walk, node);

	if (r < 0)
		return r;
	if (walk->depth == 1)
		return begin_device(walk, node);
	if (is_later_twin(node))
		return 0;
	if (walk->depth == 2 && vm_number_of(node->name, "controller", &number) && number < 2) {
		if (is_in(walk, "@ide"))
			return begin_controller(walk, VM_BUS_IDE, number);
		if (is_in(walk, "@floppy"))
			return begin_controller(walk, VM_BUS_FLOPPY, number);
	}
	if (walk->depth == 3 && walk->controller != VM_NONE &&
	    vm_number_of(node->name, "drive", &number) &&
	    (!is_in(walk, "@scsi") || strcmp(walk->parts[1], "controller0") == 0))
		return begin_drive(walk, node, number);
	if (walk->depth == 2 && is_in(walk, "@legacy") &&
	    strncmp(node->name, "ethernet_card", 13) == 0) {
		walk->parts[0] = "@card";
		walk->depth = 1;
		return begin_adapter(walk, true);
	}
	return 0;
}

/* Children of a node; what began with one of them ends with it. */
static int walk_children(struct vm_walk *walk, const struct vm_node *node)
{
	int r = 0;

	for (const struct vm_node *child = node->first; r == 0 && child; child = child->next) {
		const struct vm_walk before = *walk;

		/* No key is an alias, whatever it is called. */
		walk->parts[walk->depth] =
			walk->depth == 0 && child->name[0] == '@' ? "" : child->name;
		walk->depth++;
		if (child->value.type != VM_NODE)
			r = take_leaf(walk, child);
		else
			r = begin(walk, child);
		if (r == 0 && child->value.type == VM_NODE)
			r = walk_children(walk, child);
		*walk = before;
	}
	return r;
}

static int by_controller(const void *a, const void *b)
{
	const struct vm_controller *x = a, *y = b;

	if (x->bus != y->bus)
		return x->bus < y->bus ? -1 : 1;
	if (x->bus == VM_BUS_SCSI)
		return x->order < y->order ? -1 : x->order > y->order;
	return x->number < y->number ? -1 : x->number > y->number;
}

static int by_slot(const void *a, const void *b)
{
	const struct vm_drive *x = a, *y = b;

	return x->slot < y->slot ? -1 : x->slot > y->slot;
}

static int by_order(const void *a, const void *b)
{
	const struct vm_adapter *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

static void sort(struct vm *vm)
{
	unsigned int scsi = 0;

	if (vm->controller_count)
		qsort(vm->controllers, vm->controller_count, sizeof(*vm->controllers),
		      by_controller);
	for (size_t i = 0; i < vm->controller_count; i++) {
		struct vm_controller *controller = &vm->controllers[i];

		if (controller->bus == VM_BUS_SCSI)
			controller->number = scsi++;
		if (controller->count)
			qsort(controller->drives, controller->count, sizeof(*controller->drives),
			      by_slot);
	}
	if (vm->adapter_count)
		qsort(vm->adapters, vm->adapter_count, sizeof(*vm->adapters), by_order);
}

/* The channels of adapters that had none: the same ones for the same VM, and for no other. */
static void name_channels(struct vm *vm)
{
	unsigned int number = 0;

	for (size_t i = 0; i < vm->adapter_count; i++) {
		struct vm_adapter *adapter = &vm->adapters[i];
		char name[32];

		if (!adapter->is_legacy)
			continue;
		snprintf(name, sizeof(name), "legacy%u", number++);
		adapter->channel =
			(struct vm_guid){true, guid_from_name(&vm->firmware.bios_guid.guid, name,
							      strlen(name))};
	}
}

int vm_extract(const struct vm_tree *tree, struct vm *ret, struct error *err)
{
	struct vm_walk walk = {.vm = ret,
			       .controller = VM_NONE,
			       .drive = VM_NONE,
			       .adapter = VM_NONE,
			       .service = VM_NONE,
			       .err = err};
	const struct vm_node *configuration = vm_child(tree->root, "configuration");
	int r;

	*ret = (struct vm)VM_INIT;
	if (!configuration)
		return error_damaged(err, "there is no node 'configuration'");
	r = vm_devices_read(configuration, &walk.devices, err);
	if (r == 0)
		r = walk_children(&walk, configuration);
	free(walk.devices.list);
	if (r == 0 && !ret->name && !(ret->name = strdup("")))
		r = error_failed(err, ENOMEM, "out of memory");
	if (r < 0)
		return r;
	sort(ret);
	name_channels(ret);
	vm_assign_slots(ret);
	return ret->rows.failed ? error_failed(err, ENOMEM, "out of memory") : 0;
}
