/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of a Linux guest's adapters under KVM: see network.h. hv_netvsc has no place in a bus, so that
 * the kernel's "eth0" stays; e1000e has one on PCI, by which udev names it.
 */
#include <string.h>

#include "convert/vm/network/network.h"

/* By udev or systemd, whatever it is connected to. */
static bool is_named_by_mac(const struct linux_system *guest, const char *name)
{
	for (size_t i = 0; i < guest->mac_count; i++)
		if (guest->macs[i].gives_name && guest->macs[i].interface &&
		    strcmp(guest->macs[i].interface, name) == 0)
			return true;
	return false;
}

/* Among the words of the command line. */
static bool has_word(const char *arguments, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = arguments ? arguments : ""; *at; at += strcspn(at, " ")) {
		at += strspn(at, " ");
		if (strcspn(at, " ") == length && strncmp(at, word, length) == 0)
			return true;
	}
	return false;
}

/* Of a device, and by what it is connected to: no bridge's, and none that someone thought of. */
static bool is_by_place(const struct linux_system *guest, const char *name)
{
	if (strncmp(name, "eth", 3) == 0)
		return !has_word(guest->starts.arguments, "net.ifnames=0");
	return strncmp(name, "en", 2) == 0;
}

void vm_network_check_names(const struct linux_system *guest, struct note_list *warnings)
{
	for (size_t i = 0; i < guest->adapter_count; i++) {
		const struct linux_adapter *adapter = &guest->adapters[i];
		const char *name = adapter->interface;

		if (!name || adapter->mac || is_named_by_mac(guest, name) ||
		    !is_by_place(guest, name))
			continue;
		note_add(warnings,
			 "%s gives '%s' a static address: under KVM the adapter is one on the PCI "
			 "bus and gets a name by its place there (enp1s0, say); tell it by its MAC "
			 "in the guest, or start the kernel with net.ifnames=0 for eth0, eth1 ...",
			 adapter->file, name);
	}
}
