/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MACs by which a Linux guest knows its adapters: see network.h. An adapter with another MAC gets
 * another name from udev, and no settings that were for this one.
 */
#include <stdio.h>
#include <string.h>

#include "convert/vm/network/network.h"

static bool has_mac(const struct vm_adapter *adapter, const struct linux_mac *known)
{
	const uint8_t *mac = adapter->mac;
	char text[LINUX_MAC_TEXT];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return adapter->has_mac && strcmp(text, known->mac) == 0;
}

static const struct vm_adapter *find_adapter(const struct vm *vm, const struct linux_mac *known)
{
	for (size_t i = 0; i < vm->adapter_count; i++)
		if (has_mac(&vm->adapters[i], known))
			return &vm->adapters[i];
	return NULL;
}

/* By a file of this sort? */
static bool is_known(const struct linux_system *guest, const struct vm_adapter *adapter,
		     bool gives_name)
{
	for (size_t i = 0; i < guest->mac_count; i++)
		if (guest->macs[i].gives_name == gives_name && has_mac(adapter, &guest->macs[i]))
			return true;
	return false;
}

static bool are_all_known(const struct vm *vm, const struct linux_system *guest, bool gives_name)
{
	for (size_t i = 0; i < vm->adapter_count; i++)
		if (!is_known(guest, &vm->adapters[i], gives_name))
			return false;
	return true;
}

/* What an adapter with another MAC has to do without. */
static void consequence(const struct linux_mac *known, char *text, size_t size)
{
	if (!known->gives_name)
		snprintf(text, size, "gets none of these settings%s",
			 known->is_static ? ", and not their static address" : "");
	else
		snprintf(text, size, "gets another name than '%.40s'%s",
			 known->interface ? known->interface : "",
			 known->is_static ? ", and not its static address" : "");
}

static void warn(const struct linux_mac *known, bool is_there, struct note_list *warnings)
{
	char lost[160];

	consequence(known, lost, sizeof(lost));
	if (is_there)
		note_add(warnings,
			 "%s, line %u, is for the adapter with the MAC %s, which is dynamic in the "
			 "new VM: with another one of its host the adapter %s; give it this MAC as "
			 "a static one",
			 known->file, known->line, known->mac, lost);
	else
		note_add(warnings,
			 "%s, line %u, is for an adapter with the MAC %s, which none of the VM's "
			 "has: what the guest finds in its place %s; correct the line in the guest",
			 known->file, known->line, known->mac, lost);
}

void vm_network_check_macs(const struct vm *vm, const struct linux_system *guest,
			   bool keeps_dynamic, struct note_list *warnings)
{
	for (size_t i = 0; i < guest->mac_count; i++) {
		const struct linux_mac *known = &guest->macs[i];
		const struct vm_adapter *adapter = find_adapter(vm, known);

		if (adapter ? adapter->mac_is_static != VM_YES && !keeps_dynamic
			    : !are_all_known(vm, guest, known->gives_name))
			warn(known, adapter != NULL, warnings);
	}
}
