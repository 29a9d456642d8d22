/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wanted of a VM's settings: see vm_wishes.h. */
#include "convert/cmd/vm_wishes.h"

#include <string.h>

#include "convert/cmd/cmd.h"

/* What stands before 'end'; NULL when it is nothing or too long. Both kinds have room for all. */
static const char *take_name(struct cmd_vm_wishes *wishes, const char *text, const char *end)
{
	char *name = wishes->names[wishes->name_count];

	if (!end || end == text || end - text > CMD_MAX_NAME)
		return NULL;
	memcpy(name, text, (size_t)(end - text));
	name[end - text] = '\0';
	wishes->name_count++;
	return name;
}

static int too_many(const char *option, struct error *err)
{
	return error_usage(err, "option '--%s' is given more than %d times", option,
			   CMD_MAX_WISHES);
}

/* A name may hold a '=' only where it is mapped to. */
int cmd_wish_switch(struct cmd_vm_wishes *wishes, const char *argument, struct error *err)
{
	struct vm_switch_map *map = &wishes->switches[wishes->switch_count];
	const char *equal = strchr(argument, '=');

	if (wishes->switch_count == CMD_MAX_WISHES)
		return too_many("switch", err);
	map->from = take_name(wishes, argument, equal);
	if (!map->from)
		return error_usage(err,
				   "option '--switch': '%s' is not OLD=NEW, the names of two "
				   "virtual switches",
				   argument);
	map->to = equal + 1;
	for (size_t i = 0; i < wishes->switch_count; i++)
		if (strcmp(wishes->switches[i].from, map->from) == 0)
			return error_usage(err, "option '--switch': '%s' is given twice",
					   map->from);
	wishes->switch_count++;
	return 0;
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
