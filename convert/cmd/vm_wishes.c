/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wanted of a VM's settings: see vm_wishes.h. */
#include "convert/cmd/vm_wishes.h"

#include <string.h>

#include "convert/cmd/cmd.h"

/* What stands before 'end'; NULL when it is nothing, or no room is left. */
static const char *take_name(struct cmd_vm_wishes *wishes, const char *text, const char *end)
{
	char *name = wishes->names + wishes->names_size;
	size_t length = end ? (size_t)(end - text) : 0;

	if (length == 0 || length >= CMD_MAX_NAMES - wishes->names_size)
		return NULL;
	memcpy(name, text, length);
	name[length] = '\0';
	wishes->names_size += length + 1;
	return name;
}

static int too_many(const char *option, struct error *err)
{
	return error_usage(err, "option '--%s' is given more than %d times", option,
			   CMD_MAX_WISHES);
}

/* A name may hold a '=' only where it is mapped to. */
static int add_map(struct cmd_vm_wishes *wishes, const char *option, const char *argument,
		   struct vm_switch_map list[CMD_MAX_WISHES], size_t *count, struct error *err)
{
	const char *equal = strchr(argument, '=');
	struct vm_switch_map *map = &list[*count];

	if (*count == CMD_MAX_WISHES)
		return too_many(option, err);
	map->from = take_name(wishes, argument, equal);
	if (!map->from && equal && equal > argument)
		return error_usage(err, "option '--%s': more than %d bytes of names are given",
				   option, CMD_MAX_NAMES);
	if (!map->from)
		return error_usage(
			err,
			"option '--%s': '%s' is not OLD=NEW, the name of a virtual switch and "
			"what takes its place",
			option, argument);
	map->to = equal + 1;
	for (size_t i = 0; i < *count; i++)
		if (strcmp(list[i].from, map->from) == 0)
			return error_usage(err, "option '--%s': '%s' is given twice", option,
					   map->from);
	(*count)++;
	return 0;
}

int cmd_wish_switch(struct cmd_vm_wishes *wishes, const char *argument, struct error *err)
{
	return add_map(wishes, "switch", argument, wishes->switches, &wishes->switch_count, err);
}

/* As Linux names an interface, less what a shell or XML would see in it. */
static bool is_bridge(const char *name)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t length = strlen(name);

	return length > 0 && length < 16 && strspn(name, allowed) == length;
}

int cmd_wish_bridge(struct cmd_vm_wishes *wishes, const char *argument, struct error *err)
{
	const char *equal = strchr(argument, '=');

	if (equal && !is_bridge(equal + 1))
		return error_usage(
			err,
			"option '--bridge': '%s' is no name of a bridge: at most 15 letters, "
			"digits and '.', '_', '-'",
			equal + 1);
	return add_map(wishes, "bridge", argument, wishes->bridges, &wishes->bridge_count, err);
}

/* The name of an adapter may hold a '='. */
int cmd_wish_vlan(struct cmd_vm_wishes *wishes, const char *argument, struct error *err)
{
	struct vm_vlan_wish *wish = &wishes->vlans[wishes->vlan_count];
	const char *equal = strrchr(argument, '=');
	int r;

	if (wishes->vlan_count == CMD_MAX_WISHES)
		return too_many("vlan", err);
	wish->adapter = take_name(wishes, argument, equal);
	if (!wish->adapter)
		return error_usage(err,
				   "option '--vlan': '%s' is not NIC=ID, an adapter's name or MAC "
				   "address and a number",
				   argument);
	r = cmd_parse_number("vlan", equal + 1, 0, VM_MAX_VLAN, &wish->id, err);
	if (r == 0)
		wishes->vlan_count++;
	return r;
}

int cmd_wish_mac(struct cmd_vm_wishes *wishes, const char *argument, struct error *err)
{
	wishes->dynamic_macs = strcmp(argument, "dynamic") == 0;
	if (wishes->dynamic_macs || strcmp(argument, "keep") == 0)
		return 0;
	return error_usage(err, "option '--mac': '%s' is none of keep and dynamic", argument);
}

int cmd_wish_secure_boot(struct cmd_vm_wishes *wishes, const char *argument, struct error *err)
{
	wishes->no_secure_boot = strcmp(argument, "off") == 0;
	if (wishes->no_secure_boot || strcmp(argument, "on") == 0)
		return 0;
	return error_usage(err, "option '--secure-boot': '%s' is none of on and off", argument);
}

struct vm_wish cmd_wishes_of_vm(const struct cmd_vm_wishes *wishes)
{
	return (struct vm_wish){
		.switches = wishes->switches,
		.switch_count = wishes->switch_count,
		.vlans = wishes->vlans,
		.vlan_count = wishes->vlan_count,
		.dynamic_macs = wishes->dynamic_macs,
		.new_id = wishes->new_id,
		.no_secure_boot = wishes->no_secure_boot,
	};
}

void cmd_wishes_of_plan(const struct cmd_vm_wishes *wishes, struct vm_wishes *ret)
{
	ret->switches = wishes->switches;
	ret->switch_count = wishes->switch_count;
	ret->dynamic_macs = wishes->dynamic_macs;
	ret->no_secure_boot = wishes->no_secure_boot;
	ret->tpm = wishes->tpm;
}

struct guid cmd_wishes_new_id(const struct vm *vm)
{
	const struct vm_guid *old = &vm->firmware.bios_guid;

	return old->is_present ? guid_from_name(&old->guid, vm->name, strlen(vm->name))
			       : guid_random();
}
