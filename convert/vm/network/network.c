/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adapters matched: see network.h. */
#include "convert/vm/network/network.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"

void vm_network_done(struct vm_network *network)
{
	for (size_t i = 0; i < network->count; i++)
		free(network->list[i].addresses);
	for (size_t i = 0; i < network->owned_count; i++)
		free(network->owned[i]);
	free(network->owned);
	free(network->list);
	note_list_done(&network->warnings);
	*network = (struct vm_network){.list = NULL};
}

static int out_of_memory(struct error *err)
{
	return error_failed(err, ENOMEM, "out of memory");
}

static const char *name_of(const struct adapter *adapter)
{
	return *adapter->connection ? adapter->connection : adapter->description;
}

static bool has_channel(const struct vm *vm, const struct adapter *adapter)
{
	struct guid channel;

	if (!guid_parse(adapter->instance, &channel))
		return false;
	for (size_t i = 0; i < vm->adapter_count; i++)
		if (!vm->adapters[i].is_legacy && vm->adapters[i].channel.is_present &&
		    guid_equal(&vm->adapters[i].channel.guid, &channel))
			return true;
	return false;
}

static void warn_unmatched(const struct vm *vm, const struct adapters *guest,
			   struct note_list *warnings)
{
	for (size_t i = 0; i < guest->count; i++) {
		const struct adapter *adapter = &guest->list[i];

		if (adapter->bus == ADAPTER_SYNTHETIC && !adapter->old && adapter->address_count &&
		    !has_channel(vm, adapter))
			note_add(warnings,
				 "the guest's adapter '%s' is none of the VM's: its static "
				 "addresses stay with it, and the guest finds another adapter",
				 name_of(adapter));
	}
}

/* The last part of "PCI\...\3&267a616a&0&50": device and function. */
static unsigned long pci_place(const struct adapter *adapter)
{
	const char *last = strrchr(adapter->device, '&');

	return last ? strtoul(last + 1, NULL, 16) : 0;
}

static int by_place(const void *a, const void *b)
{
	const struct adapter *const *x = a, *const *y = b;
	unsigned long left = pci_place(*x), right = pci_place(*y);

	return left < right ? -1 : left > right;
}

/* Those in use, in the order of their places; *ret is to be freed. */
static size_t legacy_of_guest(const struct adapters *guest, const struct adapter ***ret)
{
	size_t count = 0;

	*ret = calloc(guest->count + 1, sizeof(**ret));
	for (size_t i = 0; *ret && i < guest->count; i++)
		if (guest->list[i].bus == ADAPTER_LEGACY && !guest->list[i].old)
			(*ret)[count++] = &guest->list[i];
	if (count)
		qsort(*ret, count, sizeof(**ret), by_place);
	return count;
}

static size_t count_legacy(const struct vm *vm)
{
	size_t count = 0;

	for (size_t i = 0; i < vm->adapter_count; i++)
		count += vm->adapters[i].is_legacy;
	return count;
}

/* "255.255.255.0" of IPv4, "64" of IPv6, as the host has them. Owned by the network; NULL when out of memory. */
static const char *subnet_text(struct vm_network *network, const struct adapter_address *address)
{
	char **owned = reallocarray(network->owned, network->owned_count + 1, sizeof(*owned));
	unsigned int length = address->prefix_length;
	uint32_t mask = length ? UINT32_MAX << (32 - (length < 32 ? length : 32)) : 0;
	char *text;

	if (!owned)
		return NULL;
	network->owned = owned;
	if (strchr(address->text, ':')
		    ? asprintf(&text, "%u", length) < 0
		    : asprintf(&text, "%u.%u.%u.%u", mask >> 24, mask >> 16 & 0xff,
			       mask >> 8 & 0xff, mask & 0xff) < 0)
		return NULL;
	owned[network->owned_count++] = text;
	return text;
}

static int add_addresses(struct vm_network *network, const struct adapter *adapter,
			 struct vm_guest_network *to, struct error *err)
{
	struct vm_guest_address *list = calloc(adapter->address_count, sizeof(*list));

	to->addresses = list;
	if (!list)
		return out_of_memory(err);
	for (size_t i = 0; i < adapter->address_count; i++) {
		const struct adapter_address *address = &adapter->addresses[i];

		if (!address->prefix_length) {
			note_add(&network->warnings,
				 "the address %s of the guest's adapter '%s' has no mask: give it "
				 "again by hand",
				 address->text, name_of(adapter));
			continue;
		}
		list[to->address_count].address = address->text;
		list[to->address_count].subnet = subnet_text(network, address);
		if (!list[to->address_count++].subnet)
			return out_of_memory(err);
	}
	return 0;
}

static int add_network(struct vm_network *network, const struct adapter *adapter, size_t number,
		       struct error *err)
{
	struct vm_guest_network *to = &network->list[network->count++];

	to->adapter = number;
	to->gateways = (const char *const *)adapter->gateways.texts;
	to->gateway_count = min_u64(adapter->gateways.count, VM_MAX_GATEWAYS);
	to->dns = (const char *const *)adapter->dns.texts;
	to->dns_count = adapter->dns.count;
	if (adapter->gateways.count > VM_MAX_GATEWAYS)
		note_add(&network->warnings,
			 "the guest's adapter '%s' has %zu gateways, of which a host can give %u",
			 name_of(adapter), adapter->gateways.count, VM_MAX_GATEWAYS);
	return add_addresses(network, adapter, to, err);
}

static int add_networks(const struct vm *vm, const struct adapter **adapters,
			struct vm_network *network, struct error *err)
{
	size_t at = 0;
	int r = 0;

	network->list = calloc(vm->adapter_count + 1, sizeof(*network->list));
	if (!network->list)
		return out_of_memory(err);
	for (size_t i = 0; r == 0 && i < vm->adapter_count; i++) {
		const struct adapter *adapter = NULL;

		if (vm->adapters[i].is_legacy)
			adapter = adapters[at++];
		if (adapter && !adapter->uses_dhcp && adapter->address_count)
			r = add_network(network, adapter, i, err);
	}
	return r;
}

static bool is_static(const struct adapter *const *adapters, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!adapters[i]->uses_dhcp && adapters[i]->address_count)
			return true;
	return false;
}

int vm_network_match(const struct vm *vm, const struct adapters *guest, struct vm_network *ret,
		     struct error *err)
{
	CLEANUP_FREE const struct adapter **legacy = NULL;
	size_t here = count_legacy(vm), there;
	int r = 0;

	*ret = (struct vm_network){.list = NULL};
	warn_unmatched(vm, guest, &ret->warnings);
	there = legacy_of_guest(guest, &legacy);
	if (!legacy)
		return out_of_memory(err);
	if (is_static(legacy, there) && here != there)
		note_add(&ret->warnings,
			 "the guest knows %zu legacy adapters, the VM has %zu: give the static "
			 "addresses again by hand",
			 there, here);
	if (is_static(legacy, there) && here == there)
		r = add_networks(vm, legacy, ret, err);
	if (ret->count && here > 1)
		note_add(&ret->warnings,
			 "which of the guest's %zu legacy adapters is which of the VM's is taken "
			 "from their order: look at their addresses",
			 here);
	return r == 0 ? note_list_check(&ret->warnings, err) : r;
}
