/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Network adapters as real hives and made ones know them, and what is said of their settings. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "convert/guest/windows/system/network.h"
#include "system_hive.h"

TestSuite(system_network);

#define SET   "ControlSet001\\"
#define CLASS "{4d36e972-e325-11ce-bfc1-08002be10318}"
#define VMBUS "VMBUS\\{f8615163-df3e-46c5-913f-f2d2f965ed0e}\\"
#define DEC   "PCI\\VEN_1011&DEV_0009&SUBSYS_21140A00&REV_20\\3&267a616a&0&50"
#define TCPIP SET "Services\\Tcpip\\Parameters\\Interfaces\\"
#define DATES "Properties\\{83da6326-97a6-4088-9453-a1923f573b29}\\"

#define HOUR (UINT64_C(3600) * 10000000)

static void read_real(const char *name, struct adapters *ret)
{
	size_t size;
	CLEANUP_FREE uint8_t *bytes = real_hive(name, &size);
	CLEANUP_HIVE struct hive *hive = NULL;
	struct error err = ERROR_INIT;

	if (size == 0)
		cr_skip_test("the real hive is not there");
	cr_assert_eq(hive_open(bytes, size, "SYSTEM", &hive, &err), 0, "%s", err.message);
	cr_assert_eq(network_read(hive, ret, &err), 0, "%s", err.message);
}

static void assert_settings(const struct adapter *adapter, const char *address, const char *gateway,
			    const char *dns)
{
	cr_assert_not(adapter->uses_dhcp);
	cr_assert_eq(adapter->address_count, 1);
	cr_assert_str_eq(adapter->addresses[0].text, address);
	cr_assert_eq(adapter->addresses[0].prefix_length, 24);
	cr_assert_eq(adapter->gateways.count, 1);
	cr_assert_str_eq(adapter->gateways.texts[0], gateway);
	cr_assert_eq(adapter->dns.count, 1);
	cr_assert_str_eq(adapter->dns.texts[0], dns);
}

/* Two static adapters of another hypervisor, among a dozen that are software. */
Test(system_network, real_static_adapters)
{
	CLEANUP_ADAPTERS struct adapters found = {.list = NULL};

	read_real("SYSTEM-win7-vmware.hiv", &found);
	cr_assert_eq(found.count, 2);
	cr_assert_str_eq(found.list[0].connection, "Local Area Connection");
	cr_assert_str_eq(found.list[1].connection, "Local Area Connection 2");
	assert_settings(&found.list[0], "192.168.1.123", "192.168.1.1", "192.168.1.112");
	assert_settings(&found.list[1], "10.3.58.5", "10.3.58.1", "10.3.58.4");
	cr_assert_str_eq(found.list[0].device, "PCI\\VEN_8086&DEV_100F&SUBSYS_075015AD&REV_01\\"
					       "4&b70f118&0&0888");
	cr_assert_eq(found.list[0].bus, ADAPTER_OTHER);
	cr_assert_null(found.list[0].old);
	cr_assert_not(found.list[0].keeps_settings);
	cr_assert_str_eq(found.list[0].lines.texts[0],
			 "New-NetIPAddress -InterfaceAlias 'Local Area Connection' -IPAddress "
			 "192.168.1.123 -PrefixLength 24 -DefaultGateway 192.168.1.1");
	cr_assert_str_eq(found.list[1].lines.texts[1],
			 "Set-DnsClientServerAddress -InterfaceAlias 'Local Area Connection 2' "
			 "-ServerAddresses '10.3.58.4'");
	cr_assert_eq(found.list[1].lines.count, 2);
}

/* The emulated adapter of a Microsoft VM; its lease is no setting. */
Test(system_network, real_legacy_adapter)
{
	CLEANUP_ADAPTERS struct adapters found = {.list = NULL};

	read_real("SYSTEM-xp-hyperv.hiv", &found);
	cr_assert_eq(found.count, 1);
	cr_assert_str_eq(found.list[0].connection, "Local Area Connection");
	cr_assert_str_eq(found.list[0].device, DEC);
	cr_assert_eq(found.list[0].bus, ADAPTER_LEGACY);
	cr_assert(found.list[0].uses_dhcp);
	cr_assert_eq(found.list[0].address_count, 0);
	cr_assert_eq(found.list[0].lines.count, 0);
}

static void set_date(struct hive *hive, const char *device, const char *property, uint64_t date)
{
	uint8_t bytes[8];
	char path[512];

	put_le64(bytes, date);
	snprintf(path, sizeof(path), SET "Enum\\%s\\" DATES "%s", device, property);
	cr_assert_eq(hive_set(hive, made_key(hive, path), "", 0xffff0010, bytes, 8, NULL), 0);
}

/* An adapter number N with interface {0000000N-...}, whose device (or NULL) is there. */
static void add_adapter(struct hive *hive, int n, const char *device, const char *name)
{
	char path[512], text[128];

	snprintf(path, sizeof(path), SET "Control\\Class\\" CLASS "\\%04d", n);
	snprintf(text, sizeof(text), "{0000000%d-AAAA-0000-0000-000000000000}", n);
	made_text(hive, path, "NetCfgInstanceId", text);
	made_text(hive, path, "DriverDesc", "@x.inf,%x%;An Adapter");
	made_dword(hive, path, "Characteristics", 0x84);
	snprintf(path, sizeof(path), SET "Control\\Network\\" CLASS "\\%s\\Connection", text);
	made_text(hive, path, "Name", name);
	if (!device)
		return;
	snprintf(path, sizeof(path), SET "Enum\\%s", device);
	snprintf(text, sizeof(text), CLASS "\\%04d", n);
	made_text(hive, path, "Driver", text);
}

static void set_static(struct hive *hive, int n, const char *addresses, const char *masks,
		       const char *gateways, const char *dns)
{
	char path[512];

	snprintf(path, sizeof(path), TCPIP "{0000000%d-aaaa-0000-0000-000000000000}", n);
	made_dword(hive, path, "EnableDHCP", 0);
	made_multi(hive, path, "IPAddress", addresses);
	made_multi(hive, path, "SubnetMask", masks);
	made_multi(hive, path, "DefaultGateway", gateways);
	made_text(hive, path, "NameServer", dns);
}

static void read_made(struct hive *hive, struct adapters *ret)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(network_read(hive, ret, &err), 0, "%s", err.message);
}

Test(system_network, a_synthetic_adapter_is_kept_by_its_guid)
{
	CLEANUP_HIVE struct hive *hive = hive_made();
	CLEANUP_ADAPTERS struct adapters found = {.list = NULL};

	add_adapter(hive, 1, VMBUS "{b22f1bf5-1234-4567-89ab-0123456789ab}", "Ethernet");
	set_static(hive, 1, "10.0.0.5", "255.255.255.0", "10.0.0.1", "10.0.0.2,10.0.0.3");
	add_adapter(hive, 2, VMBUS "5&1fe5cb5d&0&{c22f1bf5-1234-4567-89ab-0123456789ab}",
		    "Old way");
	set_static(hive, 2, "10.0.1.5", "255.255.0.0", "", "");
	read_made(hive, &found);
	cr_assert_eq(found.count, 2);
	cr_assert_eq(found.list[0].bus, ADAPTER_SYNTHETIC);
	cr_assert_str_eq(found.list[0].instance, "{b22f1bf5-1234-4567-89ab-0123456789ab}");
	cr_assert_str_eq(found.list[0].description, "An Adapter");
	cr_assert(found.list[0].keeps_settings);
	cr_assert_eq(found.list[0].dns.count, 2);
	cr_assert_eq(found.list[0].lines.count, 0);
	cr_assert_not_null(strstr(found.list[0].advice,
				  "give the new adapter the instance GUID {b22f1bf5-1234-"));
	cr_assert_str_eq(found.list[1].instance, "{c22f1bf5-1234-4567-89ab-0123456789ab}");
	cr_assert_not(found.list[1].keeps_settings);
	cr_assert_str_eq(found.list[1].lines.texts[0],
			 "New-NetIPAddress -InterfaceAlias 'Old way' -IPAddress 10.0.1.5 "
			 "-PrefixLength 16");
	cr_assert_eq(found.list[1].lines.count, 1);
}

/* A line an address, the gateway once; what is no address or left over makes none. */
Test(system_network, a_legacy_adapter_gets_a_line_for_each_address)
{
	CLEANUP_HIVE struct hive *hive = hive_made();
	CLEANUP_ADAPTERS struct adapters found = {.list = NULL};

	add_adapter(hive, 1, DEC, "it's\n[a] name");
	set_static(hive, 1, "10.0.0.5|0.0.0.0|rubbish|10.0.0.6|10.0.0.7",
		   "255.255.255.0|0.0.0.0|255.0.0.0|255.255.255.252|255.0.255.0",
		   "10.0.0.1|10.0.0.2", " 1.1.1.1, fe80::1 ;x");
	add_adapter(hive, 2, "PCI\\VEN_15AD&DEV_07B0\\1", "Leased");
	set_static(hive, 2, "10.9.9.9", "255.255.255.0", "10.9.9.1", "8.8.8.8");
	made_dword(hive, TCPIP "{00000002-aaaa-0000-0000-000000000000}", "EnableDHCP", 1);
	made_text(hive, TCPIP "{00000002-aaaa-0000-0000-000000000000}", "DhcpIPAddress",
		  "10.9.9.7");
	read_made(hive, &found);
	cr_assert_eq(found.count, 2);
	cr_assert_eq(found.list[0].address_count, 3);
	cr_assert_eq(found.list[0].addresses[2].prefix_length, 0);
	cr_assert_eq(found.list[0].lines.count, 5);
	cr_assert_str_eq(found.list[0].lines.texts[0],
			 "New-NetIPAddress -InterfaceAlias ('it''s' + [char]0x000A + '[a] name') "
			 "-IPAddress 10.0.0.5 -PrefixLength 24 -DefaultGateway 10.0.0.1");
	cr_assert_not_null(
		strstr(found.list[0].lines.texts[1], "-IPAddress 10.0.0.6 -PrefixLength 30"));
	cr_assert_null(strstr(found.list[0].lines.texts[1], "Gateway"));
	cr_assert_str_eq(found.list[0].lines.texts[2] +
				 strlen("# New-NetIPAddress -InterfaceAlias "
					"('it''s' + [char]0x000A + '[a] name') "),
			 "-IPAddress 10.0.0.7 -PrefixLength ? (no usable mask is stored with it)");
	cr_assert_not_null(strstr(found.list[0].lines.texts[3], "0.0.0.0/0 -NextHop 10.0.0.2"));
	cr_assert_not_null(strstr(found.list[0].lines.texts[4], "-ServerAddresses '1.1.1.1'"));
	cr_assert(found.list[1].uses_dhcp);
	cr_assert_eq(found.list[1].address_count, 0);
	cr_assert_eq(found.list[1].gateways.count, 0);
	cr_assert_eq(found.list[1].lines.count, 1);
	cr_assert_not_null(strstr(found.list[1].lines.texts[0], "Set-DnsClientServerAddress"));
}

Test(system_network, adapters_of_the_past_get_no_lines)
{
	CLEANUP_HIVE struct hive *hive = hive_made();
	CLEANUP_ADAPTERS struct adapters found = {.list = NULL};

	set_date(hive, "ACPI\\PNP0A03\\0", "0066", 100 * HOUR);
	for (int n = 1; n <= 5; n++) {
		char device[128];

		snprintf(device, sizeof(device), "PCI\\VEN_1011&DEV_0009\\%d", n);
		add_adapter(hive, n, n == 1 ? NULL : device, "LAN");
		set_static(hive, n, "10.0.0.5", "255.255.255.0", "", "");
	}
	set_date(hive, "PCI\\VEN_1011&DEV_0009\\2", "0066", 100 * HOUR);
	set_date(hive, "PCI\\VEN_1011&DEV_0009\\2", "0067", 100 * HOUR + 1);
	set_date(hive, "PCI\\VEN_1011&DEV_0009\\3", "0066", 99 * HOUR);
	set_date(hive, "PCI\\VEN_1011&DEV_0009\\4", "0066", 100 * HOUR - HOUR / 60);
	set_date(hive, "PCI\\VEN_1011&DEV_0009\\4", "0067", 98 * HOUR);
	/* A connection that lost its driver. */
	made_text(hive,
		  SET "Control\\Network\\" CLASS
		      "\\{00000006-aaaa-0000-0000-000000000000}\\Connection",
		  "Name", "Lost");
	set_static(hive, 6, "10.0.0.6", "255.255.255.0", "", "");
	read_made(hive, &found);
	cr_assert_eq(found.count, 6);
	for (size_t i = 0; i < 6; i++) {
		bool is_old = i < 3 || i == 5;

		cr_assert_eq(found.list[i].old != NULL, is_old, "%zu", i);
		cr_assert_eq(found.list[i].address_count, 1);
		cr_assert_eq(found.list[i].lines.count, is_old ? 0 : 1);
		cr_assert_eq(strstr(found.list[i].advice, "may be an old adapter") != NULL, is_old);
	}
	cr_assert_str_eq(found.list[5].connection, "Lost");
}

static void set_row(struct hive *hive, const char *name, uint8_t prefix_length)
{
	uint8_t row[48] = {0};

	row[16] = prefix_length;
	cr_assert_eq(hive_set(hive,
			      made_key(hive,
				       SET "Control\\Nsi\\{eb004a01-9b1a-11d4-9123-0050047759bc}"
					   "\\10"),
			      name, hive_t_binary, row, sizeof(row), NULL),
		     0);
}

/* Rows of the adapter's LUID: index 9, type 6. */
Test(system_network, static_ipv6_addresses_are_found)
{
	CLEANUP_HIVE struct hive *hive = hive_made();
	CLEANUP_ADAPTERS struct adapters found = {.list = NULL};

	add_adapter(hive, 1, DEC, "LAN");
	set_static(hive, 1, "10.0.0.5", "255.255.255.0", "10.0.0.1", "");
	made_dword(hive, SET "Control\\Class\\" CLASS "\\0001", "NetLuidIndex", 9);
	set_row(hive, "000000090000060020010DB8000000000000000000000001", 64);
	set_row(hive, "0000000900000600fe800000000000000000000000000001", 64);
	set_row(hive, "000000090000060020010db80000000000000000000000", 64);
	set_row(hive, "000000080000060020010db8000000000000000000000002", 64);
	set_row(hive, "0000", 64);
	read_made(hive, &found);
	cr_assert_eq(found.count, 1);
	cr_assert_eq(found.list[0].address_count, 2);
	cr_assert_str_eq(found.list[0].addresses[1].text, "2001:db8::1");
	cr_assert_eq(found.list[0].addresses[1].prefix_length, 64);
	cr_assert_str_eq(found.list[0].lines.texts[1],
			 "New-NetIPAddress -InterfaceAlias 'LAN' -IPAddress 2001:db8::1 "
			 "-PrefixLength 64");
}

/* The first address has no mask: the second one takes the gateway. Gateways have a family. */
Test(system_network, no_gateway_is_lost)
{
	CLEANUP_HIVE struct hive *hive = hive_made();
	CLEANUP_ADAPTERS struct adapters found = {.list = NULL};

	add_adapter(hive, 1, DEC, "LAN");
	set_static(hive, 1, "198.51.100.7|10.0.0.8", "bad|255.255.255.0",
		   "fe80::1|198.51.100.1|10.0.0.1", "");
	read_made(hive, &found);
	cr_assert_eq(found.list[0].lines.count, 4);
	cr_assert_eq(found.list[0].lines.texts[0][0], '#');
	cr_assert_str_eq(found.list[0].lines.texts[1],
			 "New-NetIPAddress -InterfaceAlias 'LAN' -IPAddress 10.0.0.8 "
			 "-PrefixLength 24 -DefaultGateway 198.51.100.1");
	cr_assert_not_null(strstr(found.list[0].lines.texts[2], "::/0 -NextHop fe80::1"));
	cr_assert_not_null(strstr(found.list[0].lines.texts[3], "0.0.0.0/0 -NextHop 10.0.0.1"));
}

/* A hive can name any number. What is listed only to be told does not stop a conversion. */
/* With sanitizers libhivex needs 80 s to make so many keys. */
#ifdef __SANITIZE_ADDRESS__
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

Test(system_network, more_adapters_than_are_credible, .disabled = IS_SANITIZED)
{
	CLEANUP_HIVE struct hive *hive = hive_made();
	CLEANUP_ADAPTERS struct adapters found = {.list = NULL};
	char path[128];

	add_adapter(hive, 1, DEC, "LAN");
	for (unsigned int i = 2; i <= 4097; i++) {
		snprintf(path, sizeof(path), SET "Control\\Class\\" CLASS "\\%04u", i);
		made_key(hive, path);
	}
	read_made(hive, &found);
	cr_assert_eq(found.count, 1);
	cr_assert(found.is_cut);
}

/* Select says which control set counts; one that is not there does not. */
Test(system_network, the_set_that_windows_starts_with_is_read)
{
	CLEANUP_HIVE struct hive *hive = hive_made();
	CLEANUP_ADAPTERS struct adapters found = {.list = NULL};

	add_adapter(hive, 1, DEC, "LAN");
	made_dword(hive, "Select", "Current", 7);
	read_made(hive, &found);
	cr_assert_eq(found.count, 1);
	adapters_done(&found);
	made_key(hive, "ControlSet002");
	made_dword(hive, "Select", "Current", 2);
	read_made(hive, &found);
	cr_assert_eq(found.count, 0);
	made_dword(hive, "Select", "Default", 1);
	read_made(hive, &found);
	cr_assert_eq(found.count, 1);
}

/* Of software, Windows has many; a team with an address is one to tell. */
Test(system_network, software_adapters_with_addresses_are_listed)
{
	CLEANUP_HIVE struct hive *hive = hive_made();
	CLEANUP_ADAPTERS struct adapters found = {.list = NULL};

	add_adapter(hive, 1, "ROOT\\KDNIC\\0000", "Kernel debugger");
	add_adapter(hive, 2, "COMPOSITEBUS\\MS_IMPLAT_MP\\x", "Team");
	for (int n = 1; n <= 2; n++) {
		char path[512];

		snprintf(path, sizeof(path), SET "Control\\Class\\" CLASS "\\%04d", n);
		made_dword(hive, path, "Characteristics", 0x9);
	}
	set_static(hive, 2, "10.0.0.5", "255.255.255.0", "", "");
	read_made(hive, &found);
	cr_assert_eq(found.count, 1);
	cr_assert_str_eq(found.list[0].connection, "Team");
	cr_assert(found.list[0].keeps_settings);
	cr_assert_eq(found.list[0].lines.count, 0);
}
