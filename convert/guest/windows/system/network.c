/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Network adapters in the registry: see network.h. One adapter is four keys of a control set:
 *
 *   Enum\BUS\ID\INSTANCE                          the device; Driver is {class}\NNNN
 *   Control\Class\{class}\NNNN                    its driver; NetCfgInstanceId is {interface}
 *   Control\Network\{class}\{interface}\Connection   Name
 *   Services\Tcpip\Parameters\Interfaces\{interface} EnableDHCP, IPAddress, SubnetMask,
 *                                                 DefaultGateway, NameServer
 *
 * IPv6 addresses stand elsewhere (nsi.c). Windows leaves the last three where a device went, and old
 * values where DHCP took over.
 */
#include "convert/guest/windows/system/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/guid.h"
#include "common/utf16.h"
#include "convert/guest/windows/system/control_set.h"
#include "convert/guest/windows/system/devices.h"
#include "convert/guest/windows/system/nsi.h"

#define NET_CLASS "{4d36e972-e325-11ce-bfc1-08002be10318}"

#define MAX_ADAPTERS 4096
#define MAX_TEXTS    64 /* addresses of an adapter, gateways, name servers */

#define PHYSICAL 0x4 /* NCF_PHYSICAL, in Characteristics */

struct network {
	struct hive *hive;
	hive_node_h set;
	hive_node_h drivers, connections, interfaces, interfaces6; /* 0: there are none */
	struct devices devices;
	struct note_list driven; /* interfaces that a driver has */
	struct adapters *adapters;
	struct error *err;
};

static int out_of_memory(const struct network *network)
{
	return error_failed(network->err, ENOMEM, "'%s': out of memory", hive_name(network->hive));
}

/* A text that may be absent, as memory of its own. */
static char *text_of(struct hive *hive, hive_node_h node, const char *value)
{
	char *text = node ? hive_get_string(hive, node, value) : NULL;

	return text ? text : strdup("");
}

static bool begins_with(const char *text, const char *start)
{
	return strncasecmp(text, start, strlen(start)) == 0;
}

/* REG_MULTI_SZ, or what stands in a REG_SZ between commas and spaces. */
static int get_texts(const struct network *network, hive_node_h node, const char *value,
		     struct note_list *ret)
{
	size_t size = 0;
	CLEANUP_FREE uint8_t *bytes =
		node ? hive_get_bytes(network->hive, node, value, NULL, &size) : NULL;
	size_t start = 0;

	for (size_t at = 0; bytes && at + 2 <= size && ret->count < MAX_TEXTS; at += 2) {
		uint16_t unit = get_le16(bytes + at);
		bool is_last = at + 4 > size, ends = unit == 0 || unit == ' ' || unit == ',';
		size_t end = ends ? at : at + 2;
		CLEANUP_FREE char *text = NULL;

		if (!ends && !is_last)
			continue;
		text = utf16le_to_utf8(bytes + start, end - start);
		if (!text)
			return out_of_memory(network);
		if (*text)
			note_add(ret, "%s", text);
		start = at + 2;
	}
	return note_list_check(ret, network->err);
}

/* Is it an address, and not the 0.0.0.0 that stands for none? */
static bool is_address(const char *text)
{
	struct in6_addr any = IN6ADDR_ANY_INIT, six;
	struct in_addr four;

	if (inet_pton(AF_INET, text, &four) == 1)
		return four.s_addr != 0;
	return inet_pton(AF_INET6, text, &six) == 1 && memcmp(&six, &any, sizeof(any)) != 0;
}

/* 0 when it is no mask. */
static unsigned int prefix_of(const char *mask)
{
	struct in_addr address;
	uint32_t bits;

	if (inet_pton(AF_INET, mask, &address) != 1)
		return 0;
	bits = be32toh(address.s_addr);
	return bits && (~bits & (~bits + 1)) == 0 ? (unsigned int)__builtin_popcount(bits) : 0;
}

static int read_addresses(const struct network *network, hive_node_h node, struct adapter *adapter)
{
	CLEANUP_NOTES struct note_list addresses = {.texts = NULL}, masks = {.texts = NULL};
	int r = get_texts(network, node, "IPAddress", &addresses);

	if (r == 0)
		r = get_texts(network, node, "SubnetMask", &masks);
	for (size_t i = 0; r == 0 && i < addresses.count; i++) {
		struct adapter_address address = {.prefix_length = 0};

		if (!is_address(addresses.texts[i]) ||
		    strlen(addresses.texts[i]) >= sizeof(address.text))
			continue;
		memcpy(address.text, addresses.texts[i], strlen(addresses.texts[i]) + 1);
		if (i < masks.count)
			address.prefix_length = prefix_of(masks.texts[i]);
		r = adapter_add_address(adapter, &address, network->err);
	}
	return r;
}

/* Those of the texts that are addresses. */
static int read_list(const struct network *network, hive_node_h node, const char *value,
		     struct note_list *ret)
{
	CLEANUP_NOTES struct note_list texts = {.texts = NULL};
	int r = get_texts(network, node, value, &texts);

	for (size_t i = 0; i < texts.count; i++)
		if (is_address(texts.texts[i]))
			note_add(ret, "%s", texts.texts[i]);
	return r;
}

/* Where DHCP rules, addresses and gateways are left over, but name servers are not. */
static int read_settings(const struct network *network, const char *interface,
			 struct adapter *adapter)
{
	hive_node_h node =
		network->interfaces ? hive_find(network->hive, network->interfaces, interface) : 0;
	hive_node_h six = network->interfaces6
				  ? hive_find(network->hive, network->interfaces6, interface)
				  : 0;
	uint32_t dhcp = 0;
	bool is_told = node && hive_get_dword(network->hive, node, "EnableDHCP", &dhcp);
	int r = 0;

	adapter->uses_dhcp = dhcp != 0;
	if (!adapter->uses_dhcp)
		r = read_addresses(network, node, adapter);
	if (!is_told && node && adapter->address_count == 0)
		adapter->uses_dhcp = true;
	if (r == 0 && !adapter->uses_dhcp)
		r = read_list(network, node, "DefaultGateway", &adapter->gateways);
	if (r == 0)
		r = read_list(network, node, "NameServer", &adapter->dns);
	return r < 0 ? r : read_list(network, six, "NameServer", &adapter->dns);
}

static enum adapter_bus bus_of(const char *device)
{
	static const char *const software[] = {"ROOT\\", "SW\\", "SWD\\", "COMPOSITEBUS\\", "{"};

	if (begins_with(device, "VMBUS\\"))
		return ADAPTER_SYNTHETIC;
	if (begins_with(device, "PCI\\VEN_1011&DEV_0009"))
		return ADAPTER_LEGACY;
	for (size_t i = 0; i < ARRAY_SIZE(software); i++)
		if (begins_with(device, software[i]))
			return ADAPTER_SOFTWARE;
	return ADAPTER_OTHER;
}

/*
 * The last part of a synthetic device is the GUID of its channel. Older ones have the parent in
 * front of it ("5&1fe5cb5d&0&{...}"), which is another one in generation 2.
 */
static int read_instance(const struct network *network, struct adapter *adapter)
{
	const char *instance = strrchr(adapter->device, '\\');
	const char *brace = instance ? strrchr(instance, '{') : NULL;
	struct guid guid;

	if (adapter->bus == ADAPTER_SYNTHETIC && brace && guid_parse(brace, &guid))
		adapter->keeps_instance = brace == instance + 1;
	else
		brace = "";
	adapter->instance = strdup(brace);
	return adapter->instance ? 0 : out_of_memory(network);
}

/* "@netvsc.inf,%netvsc.devicedesc%;Microsoft Hyper-V Network Adapter" */
static char *plain_description(char *text)
{
	const char *semicolon = text && text[0] == '@' ? strrchr(text, ';') : NULL;

	if (semicolon)
		memmove(text, semicolon + 1, strlen(semicolon));
	return text;
}

/* The key of a driver below Control\Class, and what is known of its adapter from elsewhere. */
struct found {
	const char *interface; /* GUID with braces */
	const struct device *device;
	const char *device_path; /* also of a device that is gone; may be NULL */
	hive_node_h driver;	 /* key below Control\Class; 0 when it is gone */
};

static int add_adapter(struct network *network, const struct found *found)
{
	struct adapter *adapter = adapters_add(network->adapters, network->err);
	hive_node_h connection = 0;
	char path[64];
	int r;

	if (!adapter)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%.40s\\Connection", found->interface);
	if (network->connections)
		connection = hive_find(network->hive, network->connections, path);
	adapter->connection = text_of(network->hive, connection, "Name");
	adapter->description =
		plain_description(text_of(network->hive, found->driver, "DriverDesc"));
	adapter->device = found->device_path ? strdup(found->device_path)
					     : text_of(network->hive, connection, "PnpInstanceID");
	if (!adapter->connection || !adapter->description || !adapter->device)
		return out_of_memory(network);
	adapter->bus = bus_of(adapter->device);
	adapter->old = found->device
			       ? device_absence(network->hive, &network->devices, found->device)
			       : "no device in the registry belongs to it";
	r = read_instance(network, adapter);
	if (r == 0)
		r = read_settings(network, found->interface, adapter);
	return r < 0 ? r
		     : nsi_read_addresses(network->hive, network->set, found->driver, adapter,
					  network->err);
}

/* Software adapters, of which each Windows has a dozen, matter only when somebody gave them
 * addresses. */
static bool is_shown(const struct adapter *adapter, uint32_t characteristics)
{
	return adapter->address_count > 0 || (characteristics & PHYSICAL) ||
	       adapter->bus == ADAPTER_SYNTHETIC || adapter->bus == ADAPTER_LEGACY;
}

/* One key below Control\Class\{class}: "0007". */
static int look_at_driver(struct network *network, hive_node_h node, const char *name)
{
	CLEANUP_FREE char *interface = hive_get_string(network->hive, node, "NetCfgInstanceId");
	CLEANUP_FREE char *past = hive_get_string(network->hive, node, "DeviceInstanceID");
	struct found found = {
		.interface = interface,
		.device_path = past,
		.driver = node,
	};
	uint32_t characteristics = 0;
	char driver[64];
	struct guid guid;
	int r;

	if (!interface || !guid_parse(interface, &guid))
		return 0;
	note_add(&network->driven, "%s", interface);
	snprintf(driver, sizeof(driver), NET_CLASS "\\%.16s", name);
	found.device = devices_by_driver(&network->devices, driver);
	if (found.device)
		found.device_path = found.device->path;
	r = add_adapter(network, &found);
	if (r < 0)
		return r;
	(void)hive_get_dword(network->hive, node, "Characteristics", &characteristics);
	if (!is_shown(&network->adapters->list[network->adapters->count - 1], characteristics))
		adapters_drop_last(network->adapters);
	return 0;
}

/* Call 'look' for each key below 'node', which may be 0. */
static int each_key(struct network *network, hive_node_h node,
		    int (*look)(struct network *network, hive_node_h node, const char *name))
{
	hive_h *handle = hive_handle(network->hive);
	CLEANUP_FREE hive_node_h *children = node ? hivex_node_children(handle, node) : NULL;
	size_t count = 0;
	int r = 0;

	for (const hive_node_h *child = children; child && *child && r == 0; child++) {
		CLEANUP_FREE char *name = hivex_node_name(handle, *child);

		if (++count > MAX_ADAPTERS) {
			network->adapters->is_cut = true;
			return 0;
		}
		if (name)
			r = look(network, *child, name);
	}
	return r;
}

/* Does a driver below Control\Class name this interface? */
static bool has_driver(const struct network *network, const char *interface)
{
	for (size_t i = 0; i < network->driven.count; i++)
		if (strcasecmp(network->driven.texts[i], interface) == 0)
			return true;
	return false;
}

/* A connection whose driver is gone matters when it still has addresses. */
static int look_at_connection(struct network *network, hive_node_h node, const char *name)
{
	const struct found found = {.interface = name};
	struct guid guid;
	int r;

	(void)node;
	if (!guid_parse(name, &guid) || has_driver(network, name))
		return 0;
	r = add_adapter(network, &found);
	if (r == 0 && network->adapters->list[network->adapters->count - 1].address_count == 0)
		adapters_drop_last(network->adapters);
	return r;
}

static int read_all(struct network *network, hive_node_h set)
{
	int r = devices_find(network->hive, set, NET_CLASS, &network->devices, network->err);

	network->adapters->is_cut = network->devices.is_cut;
	if (r == 0)
		r = each_key(network, network->drivers, look_at_driver);
	if (r == 0)
		r = note_list_check(&network->driven, network->err);
	if (r == 0)
		r = each_key(network, network->connections, look_at_connection);
	return r < 0 ? r : adapters_judge(network->adapters, network->err);
}

int network_read(struct hive *hive, struct adapters *ret, struct error *err)
{
	hive_node_h set = control_set_current(hive);
	struct network network = {.hive = hive, .set = set, .adapters = ret, .err = err};
	int r;

	*ret = (struct adapters){.list = NULL};
	if (set == 0)
		return 0;
	network.drivers = hive_find(hive, set, "Control\\Class\\" NET_CLASS);
	network.connections = hive_find(hive, set, "Control\\Network\\" NET_CLASS);
	network.interfaces = hive_find(hive, set, "Services\\Tcpip\\Parameters\\Interfaces");
	network.interfaces6 = hive_find(hive, set, "Services\\Tcpip6\\Parameters\\Interfaces");
	r = read_all(&network, set);
	devices_done(&network.devices);
	note_list_done(&network.driven);
	return r;
}
