/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the options of a VM want of its settings. */
#ifndef HVGEN2_CONVERT_CMD_VM_WISHES_H
#define HVGEN2_CONVERT_CMD_VM_WISHES_H

#include "common/error.h"
#include "convert/vm/emit/plan.h"
#include "convert/vm/wish.h"

#define CMD_MAX_WISHES 64   /* of a kind; a VM has at most 12 adapters */
#define CMD_MAX_NAMES  8192 /* bytes of the names of all adapters and switches */

/* Embedded, and never copied: it points into itself. All zero is what holds without the options. */
struct cmd_vm_wishes {
	char names[CMD_MAX_NAMES];
	size_t names_size;
	struct vm_switch_map switches[CMD_MAX_WISHES], bridges[CMD_MAX_WISHES];
	size_t switch_count, bridge_count;
	struct vm_vlan_wish vlans[CMD_MAX_WISHES];
	size_t vlan_count;
	bool dynamic_macs, new_id, no_secure_boot, tpm;
};

/* --switch OLD=NEW, --bridge OLD=BRIDGE, --vlan NIC=ID, --mac keep|dynamic, --secure-boot on|off. 'argument' is
 * borrowed. -EINVAL for what is none. */
int cmd_wish_switch(struct cmd_vm_wishes *wishes, const char *argument, struct error *err);
int cmd_wish_bridge(struct cmd_vm_wishes *wishes, const char *argument, struct error *err);
int cmd_wish_vlan(struct cmd_vm_wishes *wishes, const char *argument, struct error *err);
int cmd_wish_mac(struct cmd_vm_wishes *wishes, const char *argument, struct error *err);
int cmd_wish_secure_boot(struct cmd_vm_wishes *wishes, const char *argument, struct error *err);

/* As vm_wish() takes them; borrows. */
struct vm_wish cmd_wishes_of_vm(const struct cmd_vm_wishes *wishes);

/* What of them a plan wants. */
void cmd_wishes_of_plan(const struct cmd_vm_wishes *wishes, struct vm_wishes *ret);

/* The BIOS GUID of another machine than 'vm': always the same for a VM and its new name, and a
 * random one for a VM that has none. */
struct guid cmd_wishes_new_id(const struct vm *vm);

#endif
