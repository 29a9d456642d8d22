/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Network adapters: see adapters.h. A synthetic adapter is known to Windows by the GUID of its
 * VMBus channel: one with the same GUID is the same adapter and keeps its settings. Every other one
 * is new in the generation 2 VM, and starts with DHCP under a new name.
 */
#include "convert/guest/adapters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/powershell.h"

static int out_of_memory(struct error *err)
{
	return error_failed(err, ENOMEM, "out of memory");
}

struct adapter *adapters_add(struct adapters *adapters, struct error *err)
{
	struct adapter *list = reallocarray(adapters->list, adapters->count + 1, sizeof(*list));

	if (!list) {
		out_of_memory(err);
		return NULL;
	}
	adapters->list = list;
	list[adapters->count] = (struct adapter){.connection = NULL};
	return &list[adapters->count++];
}

static void adapter_done(struct adapter *adapter)
{
	free(adapter->connection);
	free(adapter->description);
	free(adapter->device);
	free(adapter->instance);
	free(adapter->advice);
	free(adapter->addresses);
	note_list_done(&adapter->gateways);
	note_list_done(&adapter->dns);
	note_list_done(&adapter->lines);
}

void adapters_drop_last(struct adapters *adapters)
{
	adapter_done(&adapters->list[--adapters->count]);
}

int adapter_add_address(struct adapter *adapter, const struct adapter_address *address,
			struct error *err)
{
	struct adapter_address *list =
		reallocarray(adapter->addresses, adapter->address_count + 1, sizeof(*list));

	if (!list)
		return out_of_memory(err);
	adapter->addresses = list;
	list[adapter->address_count++] = *address;
	return 0;
}

static bool has_settings(const struct adapter *adapter)
{
	return adapter->address_count || adapter->dns.count;
}

static bool is_ipv6(const char *address)
{
	return strchr(address, ':');
}

/* A gateway that is still to be given and can stand in the line of this address. */
static const char *take_gateway(const struct adapter *adapter, const char *address, bool *given)
{
	for (size_t i = 0; i < adapter->gateways.count && !*given; i++)
		if (is_ipv6(adapter->gateways.texts[i]) == is_ipv6(address)) {
			*given = true;
			return adapter->gateways.texts[i];
		}
	return NULL;
}

/* Windows takes one default gateway with an address; others are routes. */
static void add_routes(struct adapter *adapter, const char *name, const bool given[2])
{
	bool is_first[2] = {true, true};

	for (size_t i = 0; i < adapter->gateways.count; i++) {
		const char *gateway = adapter->gateways.texts[i];
		bool six = is_ipv6(gateway), is_given = given[six] && is_first[six];

		is_first[six] = false;
		if (!is_given)
			note_add(
				&adapter->lines,
				"New-NetRoute -InterfaceAlias %s -DestinationPrefix %s -NextHop %s",
				name, six ? "::/0" : "0.0.0.0/0", gateway);
	}
}

static void add_address_lines(struct adapter *adapter, const char *name)
{
	bool given[2] = {false, false};

	for (size_t i = 0; i < adapter->address_count; i++) {
		const struct adapter_address *address = &adapter->addresses[i];
		const char *gateway;

		if (!address->prefix_length) {
			note_add(
				&adapter->lines,
				"# New-NetIPAddress -InterfaceAlias %s -IPAddress %s -PrefixLength "
				"? (no usable mask is stored with it)",
				name, address->text);
			continue;
		}
		gateway = take_gateway(adapter, address->text, &given[is_ipv6(address->text)]);
		note_add(&adapter->lines,
			 "New-NetIPAddress -InterfaceAlias %s -IPAddress %s -PrefixLength %u%s%s",
			 name, address->text, address->prefix_length,
			 gateway ? " -DefaultGateway " : "", gateway ? gateway : "");
	}
	if (adapter->address_count)
		add_routes(adapter, name, given);
}

static int add_dns_line(struct adapter *adapter, const char *name, struct error *err)
{
	CLEANUP_FREE char *servers = NULL;
	size_t size;
	FILE *stream;

	if (adapter->dns.count == 0)
		return 0;
	stream = open_memstream(&servers, &size);
	if (!stream)
		return out_of_memory(err);
	for (size_t i = 0; i < adapter->dns.count; i++)
		fprintf(stream, "%s'%s'", i ? "," : "", adapter->dns.texts[i]);
	if (fclose(stream) != 0)
		return out_of_memory(err);
	note_add(&adapter->lines,
		 "Set-DnsClientServerAddress -InterfaceAlias %s -ServerAddresses %s", name,
		 servers);
	return 0;
}

static int make_lines(struct adapter *adapter, struct error *err)
{
	CLEANUP_FREE char *name =
		powershell_quote(adapter->connection[0] ? adapter->connection : "Ethernet");

	if (!name)
		return out_of_memory(err);
	add_address_lines(adapter, name);
	return add_dns_line(adapter, name, err);
}

/* New memory, NULL when there is none. */
static char *advice_for(const struct adapter *adapter)
{
	char *text = NULL;
	int r;

	if (adapter->old)
		r = asprintf(&text, "may be an old adapter: %s", adapter->old);
	else if (adapter->bus == ADAPTER_SOFTWARE)
		r = asprintf(&text, "has no hardware of its own: stays as it is if the adapters "
				    "below it do");
	else if (adapter->keeps_settings)
		r = asprintf(
			&text,
			"keeps its settings when you give the new adapter the instance GUID %s",
			adapter->instance);
	else if (has_settings(adapter))
		r = asprintf(&text, "its settings do not come along: give them to the new adapter "
				    "with these lines, and with its name in the place of this one");
	else
		r = asprintf(&text, "has no settings that could be lost");
	return r < 0 ? NULL : text;
}

static int judge_adapter(struct adapter *adapter, struct error *err)
{
	int r = 0;

	adapter->keeps_settings =
		!adapter->old && (adapter->bus == ADAPTER_SOFTWARE ||
				  (adapter->bus == ADAPTER_SYNTHETIC && adapter->keeps_instance));
	if (!adapter->old && !adapter->keeps_settings && has_settings(adapter))
		r = make_lines(adapter, err);
	if (r < 0)
		return r;
	adapter->advice = advice_for(adapter);
	if (!adapter->advice)
		return out_of_memory(err);
	r = note_list_check(&adapter->gateways, err);
	if (r == 0)
		r = note_list_check(&adapter->dns, err);
	return r < 0 ? r : note_list_check(&adapter->lines, err);
}

int adapters_judge(struct adapters *adapters, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < adapters->count; i++)
		r = judge_adapter(&adapters->list[i], err);
	return r;
}

const char *adapter_bus_text(enum adapter_bus bus)
{
	static const char *const texts[ADAPTER_BUS_MAX] = {
		[ADAPTER_OTHER] = "other",
		[ADAPTER_SYNTHETIC] = "synthetic",
		[ADAPTER_LEGACY] = "legacy",
		[ADAPTER_SOFTWARE] = "software",
	};

	return texts[bus];
}

void adapters_done(struct adapters *adapters)
{
	for (size_t i = 0; i < adapters->count; i++)
		adapter_done(&adapters->list[i]);
	free(adapters->list);
	*adapters = (struct adapters){.list = NULL};
}
