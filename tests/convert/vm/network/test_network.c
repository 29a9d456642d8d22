/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The adapters of the sample VM (a synthetic and a legacy one) and those of made guests. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/checked.h"
#include "convert/vm/network/network.h"
#include "tests/convert/vm/config.h"

#define CHANNEL "{0F9F2C6E-1A43-4D0B-A4C9-8E6F50B3D7A1}"
#define OTHER	"{11111111-1A43-4D0B-A4C9-8E6F50B3D7A1}"
#define PCI	"PCI\\VEN_1011&DEV_0009&SUBSYS_21140A00&REV_20\\3&267a616a&0&"
#define SECOND	"_d1d5f9a2-6b7e-4f01-93a4-5d6e7f809a1b_/ethernet_card0/"

static struct vm extract(const char *line)
{
	CLEANUP_VM_TREE struct vm_tree tree = config_tree(NULL, line);
	struct error err = ERROR_INIT;
	struct vm vm;

	cr_assert_eq(vm_extract(&tree, &vm, &err), 0, "%s", err.message);
	return vm;
}

static struct adapter *add(struct adapters *guest, enum adapter_bus bus, const char *device)
{
	struct adapter *adapter = adapters_add(guest, NULL);

	cr_assert_not_null(adapter);
	adapter->bus = bus;
	adapter->connection = strdup("LAN-Verbindung");
	adapter->description = strdup("");
	adapter->device = strdup(bus == ADAPTER_LEGACY ? device : "");
	adapter->instance = strdup(bus == ADAPTER_SYNTHETIC ? device : "");
	return adapter;
}

static void give(struct adapter *adapter, const char *text, unsigned int prefix_length)
{
	struct adapter_address address = {.prefix_length = prefix_length};

	strncpy(address.text, text, sizeof(address.text) - 1);
	cr_assert_eq(adapter_add_address(adapter, &address, NULL), 0);
}

static struct vm_network match(const struct vm *vm, const struct adapters *guest)
{
	struct error err = ERROR_INIT;
	struct vm_network network;

	cr_assert_eq(vm_network_match(vm, guest, &network, &err), 0, "%s", err.message);
	return network;
}

Test(vm_network, a_known_channel_needs_nothing)
{
	CLEANUP_ADAPTERS struct adapters guest = {.count = 0};
	CLEANUP_VM_NETWORK struct vm_network network = {.count = 0};
	CLEANUP_VM struct vm vm = extract(NULL);

	give(add(&guest, ADAPTER_SYNTHETIC, CHANNEL), "192.0.2.7", 24);
	network = match(&vm, &guest);
	cr_expect_eq(network.count, 0);
	cr_expect_eq(network.warnings.count, 0);
}

Test(vm_network, an_unknown_channel_is_told)
{
	CLEANUP_ADAPTERS struct adapters guest = {.count = 0};
	CLEANUP_VM_NETWORK struct vm_network network = {.count = 0};
	CLEANUP_VM struct vm vm = extract(NULL);
	struct adapter *past;

	give(add(&guest, ADAPTER_SYNTHETIC, OTHER), "192.0.2.7", 24);
	past = add(&guest, ADAPTER_SYNTHETIC, OTHER);
	past->old = "it is not there";
	give(past, "192.0.2.8", 24);
	network = match(&vm, &guest);
	cr_expect_eq(network.warnings.count, 1);
}

Test(vm_network, one_legacy_adapter_here_and_there)
{
	CLEANUP_ADAPTERS struct adapters guest = {.count = 0};
	CLEANUP_VM_NETWORK struct vm_network network = {.count = 0};
	CLEANUP_VM struct vm vm = extract(NULL);
	struct adapter *adapter = add(&guest, ADAPTER_LEGACY, PCI "50");

	give(adapter, "192.0.2.7", 20);
	give(adapter, "2001:db8::7", 64);
	give(adapter, "192.0.2.9", 0);
	note_add(&adapter->gateways, "192.0.2.1");
	note_add(&adapter->dns, "192.0.2.53");
	network = match(&vm, &guest);
	cr_assert_eq(network.count, 1);
	cr_expect(vm.adapters[network.list[0].adapter].is_legacy);
	cr_assert_eq(network.list[0].address_count, 2);
	cr_expect_str_eq(network.list[0].addresses[0].address, "192.0.2.7");
	cr_expect_str_eq(network.list[0].addresses[0].subnet, "255.255.240.0");
	cr_expect_str_eq(network.list[0].addresses[1].subnet, "64");
	cr_expect_str_eq(network.list[0].gateways[0], "192.0.2.1");
	cr_expect_str_eq(network.list[0].dns[0], "192.0.2.53");
	cr_expect_eq(network.warnings.count, 1, "the address without a mask");
}

Test(vm_network, dhcp_needs_nothing)
{
	CLEANUP_ADAPTERS struct adapters guest = {.count = 0};
	CLEANUP_VM_NETWORK struct vm_network network = {.count = 0};
	CLEANUP_VM struct vm vm = extract(NULL);

	add(&guest, ADAPTER_LEGACY, PCI "50")->uses_dhcp = true;
	network = match(&vm, &guest);
	cr_expect_eq(network.count, 0);
	cr_expect_eq(network.warnings.count, 0);
}

Test(vm_network, two_are_taken_by_their_slots)
{
	CLEANUP_ADAPTERS struct adapters guest = {.count = 0};
	CLEANUP_VM_NETWORK struct vm_network network = {.count = 0};
	CLEANUP_VM struct vm vm = extract(SECOND "friendly_name string second");

	cr_assert_eq(vm.adapter_count, 3);
	give(add(&guest, ADAPTER_LEGACY, PCI "58"), "192.0.2.58", 24);
	give(add(&guest, ADAPTER_LEGACY, PCI "50"), "192.0.2.50", 24);
	network = match(&vm, &guest);
	cr_assert_eq(network.count, 2);
	cr_expect_str_eq(network.list[0].addresses[0].address, "192.0.2.50");
	cr_expect_str_eq(network.list[1].addresses[0].address, "192.0.2.58");
	cr_expect_eq(network.warnings.count, 1);
}

Test(vm_network, other_numbers_are_not_guessed)
{
	CLEANUP_ADAPTERS struct adapters guest = {.count = 0};
	CLEANUP_VM_NETWORK struct vm_network network = {.count = 0};
	CLEANUP_VM struct vm vm = extract(NULL);

	give(add(&guest, ADAPTER_LEGACY, PCI "58"), "192.0.2.58", 24);
	give(add(&guest, ADAPTER_LEGACY, PCI "50"), "192.0.2.50", 24);
	network = match(&vm, &guest);
	cr_expect_eq(network.count, 0);
	cr_expect_eq(network.warnings.count, 1);
}

/* --- MACs of a Linux guest ---------------------------------------------------------------------- */

#define SYNTHETIC "00:15:5d:0a:14:01" /* dynamic */
#define LEGACY	  "00:15:5d:0a:14:02" /* static */
#define PAST	  "00:15:5d:0a:14:99"

/* Rule 'line' names "eth<line - 1>". */
static struct linux_mac rule(const char *mac, unsigned int line)
{
	static char file[] = "rules", names[][5] = {"eth0", "eth1", "eth2"};
	struct linux_mac rule = {.interface = names[line - 1],
				 .file = file,
				 .line = line,
				 .gives_name = true};

	snprintf(rule.mac, sizeof(rule.mac), "%s", mac);
	return rule;
}

/* The sentences, a line each; to be freed. */
static char *macs(struct linux_mac *list, size_t count, bool keeps_dynamic)
{
	const struct linux_system guest = {.macs = list, .mac_count = count};
	CLEANUP_NOTES struct note_list warnings = {.count = 0};
	CLEANUP_VM struct vm vm = extract(NULL);
	CLEANUP_BUFFER struct buffer text = BUFFER_INIT;

	vm_network_check_macs(&vm, &guest, keeps_dynamic, &warnings);
	for (size_t i = 0; i < warnings.count; i++)
		buffer_printf(&text, "%s\n", warnings.texts[i]);
	return buffer_take_text(&text);
}

Test(vm_network, macs_that_stay_need_nothing)
{
	struct linux_mac list[] = {rule(SYNTHETIC, 1), rule(LEGACY, 2), rule(PAST, 3)};
	CLEANUP_FREE char *both = macs(list, 2, true), *past = macs(list, 3, true),
			  *none = macs(list, 0, false);

	cr_expect_str_eq(both, "");
	cr_expect_str_eq(past, "", "the guest knows all that the VM has: %s", past);
	cr_expect_str_eq(none, "");
}

Test(vm_network, a_mac_that_no_adapter_has_is_told)
{
	struct linux_mac list[] = {rule(LEGACY, 1), rule(PAST, 2)};
	CLEANUP_FREE char *one, *named, *settings;

	one = macs(list, 2, true);
	cr_expect_str_eq(one, "rules, line 2, is for an adapter with the MAC " PAST
			      ", which none of the VM's has: what the guest finds in its place "
			      "gets another name than 'eth1'; correct the line in the guest\n");
	list[1].is_static = true;
	named = macs(list, 2, true);
	cr_expect_not_null(strstr(named, "'eth1', and not its static address;"), "%s", named);
	list[1].gives_name = false;
	settings = macs(list, 2, true);
	cr_expect_not_null(strstr(settings, " place gets none of these settings, and not their "
					    "static address;"),
			   "%s", settings);
}

Test(vm_network, a_mac_that_stays_dynamic_is_told)
{
	struct linux_mac list[] = {rule(SYNTHETIC, 1), rule(LEGACY, 2)};
	CLEANUP_FREE char *text = macs(list, 2, false);

	cr_expect_str_eq(text,
			 "rules, line 1, is for the adapter with the MAC " SYNTHETIC
			 ", which is dynamic in the new VM: with another one of its host the "
			 "adapter gets another name than 'eth0'; give it this MAC as a static "
			 "one\n");
}

/* Of a guest with a static address for this name; to be freed. */
static char *names(const char *interface, const char *mac, const char *arguments,
		   struct linux_mac *list, size_t count)
{
	static char file[] = "/etc/network/interfaces";
	CLEANUP_FREE char *name = interface ? strdup(interface) : NULL;
	CLEANUP_FREE char *address = mac ? strdup(mac) : NULL;
	CLEANUP_FREE char *line = arguments ? strdup(arguments) : NULL;
	struct linux_adapter adapter = {.interface = name, .mac = address, .file = file};
	const struct linux_system guest = {.adapters = &adapter,
					   .adapter_count = 1,
					   .macs = list,
					   .mac_count = count,
					   .starts = {.arguments = line}};
	CLEANUP_NOTES struct note_list warnings = {.count = 0};

	vm_network_check_names(&guest, &warnings);
	return strdup(warnings.count ? warnings.texts[0] : "");
}

Test(vm_network, a_name_that_kvm_does_not_keep_is_told)
{
	static const char *const lines[] = {NULL, "ro quiet", "ro net.ifnames=01", "net.ifnames="};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CLEANUP_FREE char *text = names("eth0", NULL, lines[i], NULL, 0);

		cr_expect_str_eq(text, "/etc/network/interfaces gives 'eth0' a static address: "
				       "under KVM the adapter is one on the PCI bus and gets a "
				       "name by its place there (enp1s0, say); tell it by its MAC "
				       "in the guest, or start the kernel with net.ifnames=0 for "
				       "eth0, eth1 ...");
	}
}

/* Of several adapters, each in a file of its own number; to be freed: the numbers of what is told of. */
static char *several(const char *const *interfaces, const char *const *macs, size_t count)
{
	char names[8][32], addresses[8][32], files[8][24], text[256] = "";
	struct linux_adapter adapters[8] = {{.mac = NULL}};
	const struct linux_system guest = {.adapters = adapters, .adapter_count = count};
	CLEANUP_NOTES struct note_list warnings = {.count = 0};

	for (size_t i = 0; i < count; i++) {
		snprintf(files[i], sizeof(files[i]), "%zu", i);
		snprintf(names[i], sizeof(names[i]), "%s", interfaces[i]);
		snprintf(addresses[i], sizeof(addresses[i]), "%s", macs && macs[i] ? macs[i] : "");
		adapters[i] = (struct linux_adapter){.interface = names[i],
						     .mac = *addresses[i] ? addresses[i] : NULL,
						     .file = files[i]};
	}
	vm_network_check_names(&guest, &warnings);
	for (size_t i = 0; i < warnings.count; i++) {
		const char *end = strstr(warnings.texts[i], " a static address");

		cr_assert_not_null(end);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%.*s;",
			 (int)(end - warnings.texts[i]), warnings.texts[i]);
	}
	return strdup(text);
}

Test(vm_network, an_adapter_is_told_once)
{
	static const char *const all[] = {"eth0",	"eth0:1", "eth0.100",
					  "eth1.5:web", "eth1",	  "eth10"};
	static const char *const macs[] = {NULL, SYNTHETIC, NULL, NULL, NULL, NULL};
	CLEANUP_FREE char *text = several(all, NULL, ARRAY_SIZE(all)),
			  *by_mac = several(all, macs, ARRAY_SIZE(all));

	cr_expect_str_eq(text, "0 gives 'eth0';3 gives 'eth1';5 gives 'eth10';");
	cr_expect_str_eq(by_mac, "3 gives 'eth1';5 gives 'eth10';", "one address is by its MAC");
}

Test(vm_network, a_pattern_that_fits_under_kvm)
{
	static const char *const all[] = {"en*", "enp*s0", "e*", "en[a-z][0-9]*", "ens*", "eth*"};
	CLEANUP_FREE char *text = several(all, NULL, ARRAY_SIZE(all)),
			  *kernel = names("en*", NULL, "net.ifnames=0", NULL, 0);

	cr_expect_str_eq(text, "4 gives 'ens*';5 gives 'eth*';");
	cr_expect_neq(*kernel, '\0', "the kernel calls it eth0");
}

Test(vm_network, names_that_kvm_keeps)
{
	struct linux_mac by_rule = rule(SYNTHETIC, 1);
	CLEANUP_FREE char *of_kernel = names("eth0", NULL, "ro net.ifnames=0 quiet", NULL, 0),
			  *of_rule = names("eth0", NULL, NULL, &by_rule, 1),
			  *by_mac = names("eth0", SYNTHETIC, NULL, NULL, 0),
			  *bridge = names("br0", NULL, NULL, NULL, 0),
			  *none = names(NULL, SYNTHETIC, NULL, NULL, 0),
			  *other = names("ens3", NULL, "net.ifnames=0", NULL, 0);

	cr_expect_str_eq(of_kernel, "");
	cr_expect_str_eq(of_rule, "");
	cr_expect_str_eq(by_mac, "");
	cr_expect_str_eq(bridge, "");
	cr_expect_str_eq(none, "");
	cr_expect_neq(*other, '\0', "no name of PCI is left");
}
