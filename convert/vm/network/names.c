/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of a Linux guest's adapters under KVM: see network.h. hv_netvsc has no place in a bus, so that
 * the kernel's "eth0" stays; e1000e has one on PCI, by which udev names it.
 */
#include <fnmatch.h>
#include <string.h>

#include "convert/vm/network/network.h"

/* What udev calls an adapter on the PCI bus, say. */
#define NAME_BY_PLACE "enp1s0"

/* Of "eth0:1" and "eth0.100", an address more and a VLAN of the adapter, what is its name. A pattern has none. */
static size_t own_size(const char *name)
{
	size_t size = strcspn(name, ":.[*?");

	return name[size] == ':' || name[size] == '.' ? size : strlen(name);
}

static bool is_of_one(const char *name, const char *other)
{
	size_t size = own_size(name);

	return size == own_size(other) && strncmp(name, other, size) == 0;
}

/* By udev or systemd, whatever it is connected to; or where it gets its address. */
static bool is_known_by_mac(const struct linux_system *guest, const char *name)
{
	for (size_t i = 0; i < guest->mac_count; i++)
		if (guest->macs[i].gives_name && guest->macs[i].interface &&
		    is_of_one(guest->macs[i].interface, name))
			return true;
	for (size_t i = 0; i < guest->adapter_count; i++)
		if (guest->adapters[i].mac && guest->adapters[i].interface &&
		    is_of_one(guest->adapters[i].interface, name))
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
	bool is_of_kernel = has_word(guest->starts.arguments, "net.ifnames=0");

	if (strncmp(name, "eth", 3) == 0)
		return !is_of_kernel;
	return strncmp(name, "en", 2) == 0 &&
	       (is_of_kernel || fnmatch(name, NAME_BY_PLACE, 0) != 0);
}

static bool is_told(const struct linux_system *guest, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (guest->adapters[i].interface &&
		    is_of_one(guest->adapters[i].interface, guest->adapters[index].interface))
			return true;
	return false;
}

void vm_network_check_names(const struct linux_system *guest, struct note_list *warnings)
{
	for (size_t i = 0; i < guest->adapter_count; i++) {
		const struct linux_adapter *adapter = &guest->adapters[i];
		const char *name = adapter->interface;

		if (!name || is_known_by_mac(guest, name) || !is_by_place(guest, name) ||
		    is_told(guest, i))
			continue;
		note_add(warnings,
			 "%s gives '%.*s' a static address: under KVM the adapter is one on the "
			 "PCI bus and gets a name by its place there (" NAME_BY_PLACE ", say); "
			 "tell it by its MAC in the guest, or start the kernel with net.ifnames=0 "
			 "for eth0, eth1 ...",
			 adapter->file, (int)own_size(name), name);
	}
}
